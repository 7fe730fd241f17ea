package io.kvfunctions.http;

/** What a request asks for and in which way, as the metrics tell it apart. */
enum Operation {
  REST_GET("get", "rest"),
  REST_PUT("put", "rest"),
  REST_DELETE("delete", "rest"),
  LIST("list", "rest"),
  INVOKE_GET("get", "invocation"),
  INVOKE_PUT("put", "invocation"),
  INVOKE_DELETE("delete", "invocation"),
  EVENT_PUT("put", "event"),
  EVENT_DELETE("delete", "event"),
  /** No operation of the store: a wrong path or method, what is no HTTP, OPTIONS. */
  OTHER("none", "none");

  private final String function;
  private final String way;

  Operation(String function, String way) {
    this.function = function;
    this.way = way;
  }

  /** The function called. */
  String function() {
    return function;
  }

  /** The way in. */
  String way() {
    return way;
  }
}
