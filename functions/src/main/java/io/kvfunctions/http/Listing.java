package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.ACCEPT;
import static io.netty.handler.codec.http.HttpHeaderNames.CACHE_CONTROL;
import static io.netty.handler.codec.http.HttpHeaderNames.VARY;
import static io.netty.handler.codec.http.HttpHeaderValues.NO_CACHE;

import io.kvfunctions.functions.Get;
import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Page;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.UnavailableException;
import io.kvfunctions.store.Utf8;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * {@code /kv}: the entries in key order, a page at a time or all in one stream. Safe for any number
 * of threads.
 */
final class Listing {
  private static final AsciiString LINK = AsciiString.cached("link");

  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  /** How many entries an export takes from the store at a time. */
  private static final int EXPORT_PAGE = 500;

  /**
   * How many bytes of values are taken from the store at a time, or a single one that is larger.
   */
  private static final int TOGETHER = 64 * 1024;

  /** What a cursor begins with, so that another form can be told from this one. */
  private static final byte CURSOR_VERSION = 1;

  private final Store store;

  Listing(Store store) {
    this.store = store;
  }

  /**
   * What to answer a GET with.
   *
   * @throws ProblemException if a parameter is wrong
   */
  Plan.Streamed plan(HttpRequest request, Target target) {
    Map<String, String> parameters = parameters(target.query());
    String prefix = parameters.getOrDefault("prefix", "");
    if (wantsLines(request)) {
      for (String name : parameters.keySet()) {
        if (!name.equals("prefix")) {
          throw invalid("an export takes the parameter prefix only, not " + name);
        }
      }
      return (in, out) -> orProblem(() -> export(prefix, out));
    }
    int limit = limit(parameters.get("limit"));
    boolean values = flag(parameters.get("values"));
    String after =
        parameters.containsKey("cursor")
            ? key(parameters.getOrDefault("cursor", ""), prefix)
            : null;
    return (in, out) -> orProblem(() -> page(parameters, prefix, after, limit, values, out));
  }

  /** What the store cannot give at the moment is the client's to ask for again. */
  private static void orProblem(Runnable listing) {
    try {
      listing.run();
    } catch (UnavailableException e) {
      throw Problem.unavailable(e).asException();
    }
  }

  private void page(
      Map<String, String> parameters,
      String prefix,
      @Nullable String after,
      int limit,
      boolean values,
      BodyOutput out) {
    Page page = store.list(prefix, after, limit);
    out.headers().set(CACHE_CONTROL, NO_CACHE).set(VARY, "Accept");
    String cursor = page.more() ? cursor(page.entries().getLast().key()) : null;
    if (cursor != null) {
      out.headers().set(LINK, next(parameters, cursor));
    }
    try (JsonGenerator generator = Json.generator(out.as(Answer.JSON))) {
      generator.writeStartObject();
      generator.writeArrayPropertyStart("entries");
      if (values) {
        lookUp(
            page,
            (key, entry) -> {
              long held = out.hold(entry);
              writeStart(Objects.requireNonNull(Page.Item.of(key, entry, 0)), generator);
              Json.writeValue(entry, generator, false);
              generator.writeEndObject();
              out.letGo(held);
            });
      } else {
        for (Page.Item item : page.entries()) {
          writeStart(item, generator);
          generator.writeEndObject();
        }
      }
      generator.writeEndArray();
      if (cursor != null) {
        generator.writeStringProperty("cursor", cursor);
      }
      generator.writeEndObject();
    }
  }

  private void writeStart(Page.Item item, JsonGenerator generator) {
    generator.writeStartObject();
    generator.writeStringProperty("key", item.key());
    generator.writeStringProperty("etag", item.etag().toString());
    generator.writeNumberProperty("size", item.size());
    generator.writeStringProperty("contentType", item.contentType().toString());
    if (item.expires()) {
      generator.writeNumberProperty("ttl", item.secondsLeft(store.nowMillis()));
    }
  }

  private void export(String prefix, BodyOutput out) {
    out.headers().set(CACHE_CONTROL, NO_CACHE).set(VARY, "Accept");
    try (JsonGenerator generator = Json.generator(out.as(Answer.NDJSON))) {
      Page page = null;
      do {
        String after = page == null ? null : page.entries().getLast().key();
        page = store.list(prefix, after, EXPORT_PAGE);
        lookUp(
            page,
            (key, entry) -> {
              long held = out.hold(entry);
              long ttlSeconds = entry.expires() ? entry.secondsLeft(store.nowMillis()) : 0;
              Json.GET.write(new Get.Found(key, entry, ttlSeconds), generator, true);
              generator.writeRaw('\n');
              out.letGo(held);
            });
      } while (page.more());
    }
  }

  /**
   * Looks each entry of a page up when its turn comes, those together that are not too much to hold
   * for a client that takes its time.
   */
  private void lookUp(Page page, BiConsumer<String, Entry> each) {
    List<String> keys = new ArrayList<>();
    long bytes = 0;
    for (Iterator<Page.Item> items = page.entries().iterator(); items.hasNext(); ) {
      Page.Item item = items.next();
      keys.add(item.key());
      bytes += item.size();
      if (bytes >= TOGETHER || !items.hasNext()) {
        List<@Nullable Entry> entries = store.getAll(keys);
        for (int i = 0; i < keys.size(); i++) {
          Entry entry = entries.get(i);
          if (entry != null) {
            each.accept(keys.get(i), entry);
          }
        }
        keys.clear();
        bytes = 0;
      }
    }
  }

  /** Whether lines are asked for, and liked better than the JSON of a page (RFC 9110 §12.5.1). */
  private static boolean wantsLines(HttpRequest request) {
    double lines = 0;
    double json = 0;
    for (String field : request.headers().getAll(ACCEPT)) {
      for (String range : field.toLowerCase(Locale.ROOT).split(",", -1)) {
        String[] parts = range.split(";", -1);
        switch (parts[0].strip()) {
          case "application/x-ndjson" -> lines = Math.max(lines, quality(parts));
          case "application/json" -> json = Math.max(json, quality(parts));
          default -> {} // a range with a star says nothing of lines, which have to be asked for by
            // name
        }
      }
    }
    return lines > json;
  }

  /** The weight of a media range, 1 where none is given or it is none (RFC 9110 §12.4.2). */
  private static double quality(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.matches("q=(0(\\.[0-9]{0,3})?|1(\\.0{0,3})?)")) {
        return Double.parseDouble(parameter.substring(2));
      }
    }
    return 1;
  }

  private static Map<String, String> parameters(@Nullable String query) {
    Map<String, String> parameters = new HashMap<>();
    if (query == null || query.isEmpty()) {
      return parameters;
    }
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name =
          Target.decode(
              equals < 0 ? pair : pair.substring(0, equals),
              Problem.Kind.PARAMETER_INVALID,
              "the name of a parameter");
      switch (name) {
        case "prefix", "limit", "cursor", "values" -> {
          if (equals < 0) {
            throw invalid("the parameter %s has no value".formatted(name));
          }
          String value =
              Target.decode(
                  pair.substring(equals + 1),
                  Problem.Kind.PARAMETER_INVALID,
                  "the parameter " + name);
          if (parameters.put(name, value) != null) {
            throw invalid("the parameter %s stands twice".formatted(name));
          }
        }
        default -> {
          String shown = name.length() <= 64 ? name : name.substring(0, 64) + "…";
          throw invalid(
              "the parameter \"%s\" is not known, there are: prefix, limit, cursor, values"
                  .formatted(shown));
        }
      }
    }
    return parameters;
  }

  private static int limit(@Nullable String text) {
    if (text == null) {
      return DEFAULT_LIMIT;
    }
    if (text.matches("[0-9]{1,4}")) {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MAX_LIMIT) {
        return limit;
      }
    }
    throw invalid(String.format(Locale.ROOT, "limit is 1 to %,d", MAX_LIMIT));
  }

  private static boolean flag(@Nullable String text) {
    if (text == null || text.equals("false")) {
      return false;
    }
    if (text.equals("true")) {
      return true;
    }
    throw invalid("values is true or false");
  }

  private static ProblemException invalid(String detail) {
    return Problem.of(Problem.Kind.PARAMETER_INVALID, detail).asException();
  }

  /**
   * A cursor is the last key shown, so that it stays good whatever comes and goes before and behind
   * it.
   */
  private static String cursor(String key) {
    byte[] utf8 = key.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = new byte[utf8.length + 1];
    bytes[0] = CURSOR_VERSION;
    System.arraycopy(utf8, 0, bytes, 1, utf8.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String key(String cursor, String prefix) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(cursor);
      if (bytes.length > 1 && bytes[0] == CURSOR_VERSION) {
        String key = Utf8.decode(bytes, 1, bytes.length);
        if (key != null && key.startsWith(prefix)) {
          return key;
        }
      }
    } catch (IllegalArgumentException notBase64) {
      // said below
    }
    throw Problem.of(
            Problem.Kind.CURSOR_INVALID,
            "the cursor is none that was given for this prefix: take it as it stands from the page"
                + " before")
        .asException();
  }

  private static String next(Map<String, String> parameters, String cursor) {
    StringBuilder link = new StringBuilder("</kv?");
    for (String name : new String[] {"prefix", "limit", "values"}) {
      String value = parameters.get(name);
      if (value != null) {
        link.append(name).append('=').append(Target.encode(value)).append('&');
      }
    }
    return link.append("cursor=").append(cursor).append(">; rel=\"next\"").toString();
  }
}
