package io.kvfunctions.events;

/** A way by which events get to a store. Safe for any number of threads. */
interface Delivery {
  /** Delivers the event, once; what it throws fails the test. */
  Answer deliver(RecordedEvent event) throws Exception;

  /** What the store holds under the key, null where that is nothing. */
  String read(String key) throws Exception;

  /** What a broker is told of an event. */
  enum Answer {
    /** It is applied now. */
    APPLIED,
    /** It was applied before. */
    DUPLICATE,
    /** A later one was applied before. */
    STALE,
    /** It is to be delivered again. */
    RETRY,
    /** None came: it may be applied or not, and is to be delivered again. */
    NONE,
    /** It is to be given up. */
    REFUSED
  }
}
