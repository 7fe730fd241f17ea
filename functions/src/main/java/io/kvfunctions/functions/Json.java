package io.kvfunctions.functions;

import io.kvfunctions.store.Condition;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.ContentType;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Etag;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.Utf8;
import io.kvfunctions.store.Value;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/**
 * How the functions' inputs and outputs read as JSON: the one place, for every way in.
 *
 * <p>It works token by token on the bytes that came, and not by binding them to classes, for one
 * reason: a JSON value is stored as its own text. Binding would parse {@code 1.0} or a number of
 * thirty digits, drop the white space and the order of members, and write something that is equal
 * only to a reader who thinks so. Here the value's bytes are cut out of the document as they stand.
 * That is also the fast way.
 *
 * <p>Strict where a slip of the client would otherwise pass unseen: unknown and repeated members
 * are refused by name. Safe for any number of threads.
 */
public final class Json {
  /** How deep a document may nest. */
  private static final int MAX_DEPTH = 1_000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(constraints(MAX_DEPTH))
          // JSON is UTF-8 (RFC 8259 §8.1). By its first bytes other encodings would be guessed, and
          // a byte order mark passed.
          .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
          // An exception must not carry a piece of the body: values are nobody's business.
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
          .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
          .rootValueSeparator("") // whoever writes lines ends each
          .build();

  /**
   * For JSON that is to be written into an output: less deep by the object and the array around it,
   * so that a put can read what a get has written.
   */
  private static final JsonFactory EMBEDDED =
      FACTORY.rebuild().streamReadConstraints(constraints(MAX_DEPTH - 2)).build();

  /** The form of {@link Get}. */
  public static final Form<Get.Input, Get.Output> GET = new GetForm();

  /** The form of {@link Put}. */
  public static final Form<Put.Input, Put.Output> PUT = new PutForm();

  /** The form of {@link Delete}. */
  public static final Form<Delete.Input, Delete.Output> DELETE = new DeleteForm();

  private Json() {}

  /** How long a text or a number may be is decided by the limits on bodies and values. */
  private static StreamReadConstraints constraints(int depth) {
    return StreamReadConstraints.builder()
        .maxNestingDepth(depth)
        .maxStringLength(Integer.MAX_VALUE)
        .maxNumberLength(Integer.MAX_VALUE)
        .maxNameLength(Integer.MAX_VALUE)
        .build();
  }

  /**
   * How something reads as JSON.
   *
   * @param <I> what is read
   */
  public interface Reading<I> {
    /**
     * Reads the value the document is at.
     *
     * @throws ProblemException if it is not such a thing; the document is then somewhere within the
     *     value
     */
    I read(Document document);
  }

  /**
   * How one function's input and output read as JSON.
   *
   * @param <I> the function's input
   * @param <O> the function's output
   */
  public sealed interface Form<I, O> extends Reading<I> {
    /**
     * Writes an output.
     *
     * @param onOneLine whether no line break may occur, as in NDJSON
     */
    void write(O output, JsonGenerator generator, boolean onOneLine);

    /** The key an input is about. */
    String key(I input);

    /** How many bytes of values an input holds. */
    int size(I input);

    /** Whether an output may hold an entry, however large that is. */
    boolean givesEntries();

    /** The problem as this function's output. */
    O problem(Problem problem);
  }

  /**
   * One element of a batch: an input, or why it is none.
   *
   * @param <I> the function's input
   */
  public record Element<I>(@Nullable I input, @Nullable Problem problem) {
    /** Why it is no input; of one that is none. */
    public Problem problemOrThrow() {
      return Objects.requireNonNull(problem);
    }
  }

  /** A JSON text in UTF-8 and the place that reading has come to. For one thread. */
  public static final class Document implements AutoCloseable {
    private final byte[] bytes;
    private final int from;
    private final JsonParser parser;

    /**
     * @throws ProblemException if the bytes are not UTF-8
     */
    private Document(byte[] bytes, int from, int to) {
      if (!Utf8.isValid(bytes, from, to)) {
        throw Problem.bodyInvalid("the body is not UTF-8").asException();
      }
      this.bytes = bytes;
      this.from = from;
      this.parser = FACTORY.createParser(ObjectReadContext.empty(), bytes, from, to - from);
    }

    /** Where reading has come to, token by token. */
    public JsonParser parser() {
      return parser;
    }

    private ProblemException wrong(String detail) {
      return Problem.bodyInvalid(detail).asException();
    }

    private String string(String member) {
      if (parser.currentToken() != JsonToken.VALUE_STRING) {
        throw wrong("%s is %s, it takes a string".formatted(member, kind(parser.currentToken())));
      }
      return parser.getString();
    }

    /**
     * The bytes of the value the parser is at, as they stand in the document, and the parser at its
     * end.
     */
    public ByteBuffer text() {
      int start = (int) parser.currentTokenLocation().getByteOffset();
      parser.skipChildren();
      parser.finishToken();
      int end = (int) parser.currentLocation().getByteOffset();
      return ByteBuffer.wrap(bytes, from + start, end - start);
    }

    @Override
    public void close() {
      parser.close();
    }
  }

  /**
   * Reads a document that is one input.
   *
   * @throws ProblemException if it is not
   */
  public static <I> I read(Reading<I> reading, byte[] bytes, int from, int to) {
    try (Document document = new Document(bytes, from, to)) {
      begin(document);
      I input = reading.read(document);
      end(document);
      return input;
    } catch (JacksonException e) {
      throw malformed(e);
    }
  }

  /**
   * Reads a document that is an array of inputs.
   *
   * @param atMost how many elements it may have
   * @throws ProblemException if the document as a whole is not a JSON array or has too many
   *     elements
   */
  public static <I> List<Element<I>> readArray(
      Form<I, ?> form, byte[] bytes, int from, int to, int atMost) {
    try (Document document = new Document(bytes, from, to)) {
      beginArray(document);
      JsonParser parser = document.parser;
      List<Element<I>> elements = new ArrayList<>();
      int depth = parser.streamReadContext().getNestingDepth();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (elements.size() == atMost) {
          throw tooMany(atMost);
        }
        elements.add(element(form, document, depth));
      }
      end(document);
      return elements;
    } catch (JacksonException e) {
      throw malformed(e);
    }
  }

  /**
   * Reads a document that is an array, and hands on each element before it reads the next, so that
   * they never are in memory all at once. It looks through the document first: what is not JSON, or
   * has too many elements, is found before any is handed on.
   *
   * @param reading throws of no element
   * @param atMost how many elements it may have
   * @throws ProblemException if the document as a whole is not a JSON array or has too many
   *     elements
   */
  public static <I> void forEach(
      Reading<I> reading, byte[] bytes, int from, int to, int atMost, Consumer<I> consumer) {
    try (Document document = new Document(bytes, from, to)) {
      beginArray(document);
      JsonParser parser = document.parser;
      for (int count = 0; parser.nextToken() != JsonToken.END_ARRAY; count++) {
        if (count == atMost) {
          throw tooMany(atMost);
        }
        parser.skipChildren();
      }
      end(document);
    } catch (JacksonException e) {
      throw malformed(e);
    }
    try (Document document = new Document(bytes, from, to)) {
      beginArray(document);
      while (document.parser.nextToken() != JsonToken.END_ARRAY) {
        consumer.accept(reading.read(document));
      }
    }
  }

  private static void beginArray(Document document) {
    begin(document);
    JsonToken first = document.parser.currentToken();
    if (first != JsonToken.START_ARRAY) {
      throw document.wrong("the batch is %s, it takes an array".formatted(kind(first)));
    }
  }

  private static ProblemException tooMany(int atMost) {
    return Problem.overLimit(
            Problem.Kind.BATCH_TOO_LARGE,
            "the array has %s elements or more",
            (long) atMost + 1,
            atMost,
            "kv.limits.batch")
        .asException();
  }

  /**
   * The elements of a document that is an array, each as it stands there.
   *
   * @throws ProblemException if the document is not a JSON array
   */
  static List<byte[]> elements(byte[] bytes) {
    try (Document document = new Document(bytes, 0, bytes.length)) {
      begin(document);
      JsonParser parser = document.parser;
      if (parser.currentToken() != JsonToken.START_ARRAY) {
        throw document.wrong("it is %s, it takes an array".formatted(kind(parser.currentToken())));
      }
      List<byte[]> elements = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        ByteBuffer text = document.text();
        byte[] element = new byte[text.remaining()];
        text.get(element);
        elements.add(element);
      }
      end(document);
      return elements;
    } catch (JacksonException e) {
      throw malformed(e);
    }
  }

  private static <I> Element<I> element(Form<I, ?> form, Document document, int depth) {
    JsonParser parser = document.parser;
    try {
      return new Element<>(form.read(document), null);
    } catch (ProblemException e) {
      // Only this element is wrong: go on behind it.
      parser.skipChildren();
      while (parser.streamReadContext().getNestingDepth() > depth) {
        parser.nextToken();
      }
      return new Element<>(null, e.problem());
    }
  }

  /** Where outputs are written, one or several. */
  public static JsonGenerator generator(OutputStream out) {
    return FACTORY.createGenerator(ObjectWriteContext.empty(), out);
  }

  /** Writes a problem as an object of RFC 9457, with the status its transport chose. */
  public static void writeProblem(Problem problem, int status, JsonGenerator generator) {
    writeProblem(problem, status, generator, g -> {});
  }

  /**
   * The same with more members.
   *
   * @param more writes them, behind those of the problem
   */
  public static void writeProblem(
      Problem problem, int status, JsonGenerator generator, Consumer<JsonGenerator> more) {
    generator.writeStartObject();
    generator.writeStringProperty("type", problem.kind().type());
    generator.writeStringProperty("title", problem.kind().title());
    if (status != 0) {
      generator.writeNumberProperty("status", status);
    }
    generator.writeStringProperty("detail", wellFormed(problem.detail()));
    problem
        .members()
        .forEach(
            (name, value) -> {
              switch (value) {
                case Number number -> generator.writeNumberProperty(name, number.longValue());
                case Boolean flag -> generator.writeBooleanProperty(name, flag);
                case List<?> list -> {
                  generator.writeArrayPropertyStart(name);
                  list.forEach(element -> generator.writeString(wellFormed(element.toString())));
                  generator.writeEndArray();
                }
                default -> generator.writeStringProperty(name, wellFormed(value.toString()));
              }
            });
    more.accept(generator);
    generator.writeEndObject();
  }

  /** The text with {@code ?} for each lone surrogate, for a problem may repeat what is no text. */
  private static String wellFormed(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  /**
   * Writes the member {@code value} or {@code base64} of an entry, whichever can give its bytes
   * back exactly.
   */
  public static void writeValue(Entry entry, JsonGenerator generator, boolean onOneLine) {
    ContentType type = entry.contentType();
    String text = type.isText() || type.isJson() ? entry.text() : null;
    if (text != null && type.isText()) {
      generator.writeStringProperty("value", text);
      return;
    }
    byte[] bytes = new byte[entry.size()];
    entry.value().get(bytes);
    if (text != null
        && !(onOneLine && isTornByLine(text))
        && isJson(EMBEDDED, bytes, 0, bytes.length)) {
      generator.writeName("value");
      generator.writeRawValue(text);
    } else {
      generator.writeName("base64");
      generator.writeBinary(bytes);
    }
  }

  /**
   * Whether JSON would not come back from a line as it was: a break would end the line, and the
   * white space around a value is not part of it for whoever reads the line.
   */
  private static boolean isTornByLine(String text) {
    return text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0 || !text.strip().equals(text);
  }

  /** Whether the bytes from {@code from} to before {@code to} are a JSON text (RFC 8259). */
  public static boolean isJson(byte[] bytes, int from, int to) {
    return Utf8.isValid(bytes, from, to) && isJson(FACTORY, bytes, from, to);
  }

  /** Whether the bytes, which are UTF-8, are what this would read as a value, and nothing more. */
  private static boolean isJson(JsonFactory factory, byte[] bytes, int from, int to) {
    try (JsonParser parser =
        factory.createParser(ObjectReadContext.empty(), bytes, from, to - from)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      parser.finishToken();
      return parser.nextToken() == null;
    } catch (JacksonException e) {
      return false;
    }
  }

  private static void begin(Document document) {
    if (document.parser.nextToken() == null) {
      throw document.wrong("the body is empty, it takes JSON");
    }
  }

  private static void end(Document document) {
    if (document.parser.nextToken() != null) {
      throw document.wrong("there is more behind the end of the JSON value");
    }
  }

  private static ProblemException malformed(JacksonException e) {
    if (e instanceof StreamConstraintsException) {
      return Problem.bodyInvalid(
              String.format(Locale.ROOT, "the JSON nests deeper than %,d", MAX_DEPTH))
          .asException();
    }
    long offset = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
    return Problem.bodyInvalid(
            offset < 0
                ? "the body is not JSON"
                : String.format(Locale.ROOT, "the body is not JSON: it breaks at byte %,d", offset))
        .asException();
  }

  /** What a value is that begins with this token, in words. */
  public static String kind(@Nullable JsonToken token) {
    if (token == null) {
      return "nothing";
    }
    return switch (token) {
      case START_OBJECT, END_OBJECT -> "an object";
      case START_ARRAY, END_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      case VALUE_TRUE, VALUE_FALSE -> "a boolean";
      case VALUE_NULL -> "null";
      case NOT_AVAILABLE, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT -> "no value";
    };
  }

  /** The members seen so far of an object that has a fixed set of them. */
  private static final class Members {
    private final String[] known;
    private int seen;
    private int likely; // most objects have their members in the order they are told in

    Members(String[] known) {
      this.known = known;
    }

    /** The place of the name among the known ones. */
    int next(String name, Document document) {
      for (int n = 0; n < known.length; n++) {
        int i = (likely + n) % known.length;
        if (known[i].equals(name)) {
          if ((seen & 1 << i) != 0) {
            throw document.wrong("the member \"%s\" stands twice".formatted(name));
          }
          seen |= 1 << i;
          likely = i + 1;
          return i;
        }
      }
      String shown = name.length() <= 64 ? name : name.substring(0, 64) + "…";
      throw document.wrong(
          "the member \"%s\" is not known, there are: %s"
              .formatted(shown, String.join(", ", known)));
    }
  }

  /** A JSON string's text, which must be Unicode. */
  private static String unicode(String text, String member) {
    int lone = Utf8.loneSurrogate(text);
    if (lone >= 0) {
      throw Problem.bodyInvalid(
              String.format(
                  Locale.ROOT,
                  "%s holds a lone surrogate (U+%04X) at character %,d",
                  member,
                  (int) text.charAt(lone),
                  lone + 1))
          .asException();
    }
    return text;
  }

  private static Condition ifMatch(Document document) {
    String text = document.string("ifMatch");
    if (text.equals("*")) {
      return Presence.PRESENT;
    }
    Etag etag = Etag.parse(unquote(text));
    return new Condition.Match(etag == null ? Set.of() : Set.of(etag));
  }

  private static Condition ifNoneMatch(Document document) {
    String text = document.string("ifNoneMatch");
    if (text.equals("*")) {
      return Presence.ABSENT;
    }
    Etag etag = Etag.parse(unquote(text));
    return etag == null ? Presence.ANY : new Condition.NoneMatch(Set.of(etag));
  }

  private static String unquote(String etag) {
    return etag.length() >= 2 && etag.startsWith("\"") && etag.endsWith("\"")
        ? etag.substring(1, etag.length() - 1)
        : etag;
  }

  private static ProblemException noKey(Document document) {
    return document.wrong("the member \"key\" is missing");
  }

  private static final class GetForm implements Form<Get.Input, Get.Output> {
    private static final String[] MEMBERS = {"key"};

    @Override
    public Get.Input read(Document document) {
      JsonParser parser = document.parser;
      if (parser.currentToken() == JsonToken.VALUE_STRING) {
        return new Get.Input(parser.getString());
      }
      requireObject(document, "a string or an object with the member \"key\"");
      Members members = new Members(MEMBERS);
      String key = null;
      for (String name = parser.nextName(); name != null; name = parser.nextName()) {
        members.next(name, document);
        parser.nextToken();
        key = document.string("key");
      }
      if (key == null) {
        throw noKey(document);
      }
      return new Get.Input(key);
    }

    @Override
    public void write(Get.Output output, JsonGenerator generator, boolean onOneLine) {
      switch (output) {
        case Get.Found(String key, Entry entry, long ttlSeconds) -> {
          generator.writeStartObject();
          generator.writeStringProperty("key", key);
          writeValue(entry, generator, onOneLine);
          generator.writeStringProperty("contentType", entry.contentType().toString());
          generator.writeStringProperty("etag", entry.etag().toString());
          if (ttlSeconds > 0) {
            generator.writeNumberProperty("ttl", ttlSeconds);
          }
          generator.writeEndObject();
        }
        case Problem problem -> writeProblem(problem, 0, generator);
      }
    }

    @Override
    public String key(Get.Input input) {
      return input.key();
    }

    @Override
    public int size(Get.Input input) {
      return 0;
    }

    @Override
    public boolean givesEntries() {
      return true;
    }

    @Override
    public Get.Output problem(Problem problem) {
      return problem;
    }
  }

  private static final class PutForm implements Form<Put.Input, Put.Output> {
    private static final String[] MEMBERS = {
      "key", "value", "base64", "contentType", "ttl", "ifMatch", "ifNoneMatch", "etag"
    };

    @Override
    public Put.Input read(Document document) {
      JsonParser parser = document.parser;
      requireObject(document, "an object with the members \"key\" and \"value\"");
      Members members = new Members(MEMBERS);
      String key = null;
      String text = null; // the value, where it is a string
      ByteBuffer json = null; // the value as it stands
      byte[] base64 = null;
      ContentType contentType = null;
      TimeToLive ttl = TimeToLive.NONE;
      Condition condition = Presence.ANY;
      for (String name = parser.nextName(); name != null; name = parser.nextName()) {
        int member = members.next(name, document);
        parser.nextToken();
        switch (member) {
          case 0 -> key = document.string("key");
          case 1 -> {
            if (parser.currentToken() == JsonToken.VALUE_STRING) {
              text = parser.getString();
            }
            json = document.text();
          }
          case 2 -> base64 = base64(document);
          case 3 -> contentType = contentType(document);
          case 4 -> ttl = ttl(document);
          case 5 -> condition = condition.and(ifMatch(document));
          case 6 -> condition = condition.and(ifNoneMatch(document));
          default -> document.string("etag"); // part of what get gives; a put draws its own
        }
      }
      if (key == null) {
        throw noKey(document);
      }
      if ((json == null) == (base64 == null)) {
        throw document.wrong("one of the members \"value\" and \"base64\" is needed, and only one");
      }
      return new Put.Input(key, value(text, json, base64, contentType), ttl, condition);
    }

    private static Value value(
        @Nullable String text,
        @Nullable ByteBuffer json,
        byte @Nullable [] base64,
        @Nullable ContentType type) {
      if (base64 != null) {
        return Value.copyOf(
            ByteBuffer.wrap(base64), type == null ? ContentType.OCTET_STREAM : type);
      }
      if (text != null && type != null && type.isTextButNotUtf8()) {
        throw Problem.bodyInvalid(
                "a string is stored in UTF-8, which is not the charset of its content type: name"
                    + " that one, or give the bytes as base64")
            .asException();
      }
      if (text != null && (type == null || !type.isJson())) {
        return Value.utf8(unicode(text, "value"), type == null ? ContentType.TEXT : type);
      }
      if (json == null) {
        throw new IllegalStateException("neither value nor base64");
      }
      return Value.copyOf(json, type == null ? ContentType.JSON : type);
    }

    private static byte[] base64(Document document) {
      try {
        return Base64.getDecoder().decode(document.string("base64"));
      } catch (IllegalArgumentException e) {
        throw document.wrong("base64 is not base64 (RFC 4648 §4)");
      }
    }

    private static ContentType contentType(Document document) {
      try {
        return ContentType.of(document.string("contentType"));
      } catch (IllegalArgumentException e) {
        throw document.wrong(String.valueOf(e.getMessage()));
      }
    }

    private static TimeToLive ttl(Document document) {
      JsonParser parser = document.parser;
      return switch (parser.currentToken()) {
        case VALUE_STRING -> Ttl.parseKeep(parser.getString());
        case VALUE_NUMBER_INT -> Ttl.parseSeconds(parser.getString());
        default -> throw Ttl.invalid();
      };
    }

    @Override
    public void write(Put.Output output, JsonGenerator generator, boolean onOneLine) {
      switch (output) {
        case Put.Stored(String key, Etag etag, boolean created) -> {
          generator.writeStartObject();
          generator.writeStringProperty("key", key);
          generator.writeStringProperty("etag", etag.toString());
          generator.writeBooleanProperty("created", created);
          generator.writeEndObject();
        }
        case Ignored ignored -> writeIgnored(ignored, generator);
        case Problem problem -> writeProblem(problem, 0, generator);
      }
    }

    @Override
    public String key(Put.Input input) {
      return input.key();
    }

    @Override
    public int size(Put.Input input) {
      return input.value().size();
    }

    @Override
    public boolean givesEntries() {
      return false;
    }

    @Override
    public Put.Output problem(Problem problem) {
      return problem;
    }
  }

  private static final class DeleteForm implements Form<Delete.Input, Delete.Output> {
    private static final String[] MEMBERS = {"key", "ifMatch"};

    @Override
    public Delete.Input read(Document document) {
      JsonParser parser = document.parser;
      if (parser.currentToken() == JsonToken.VALUE_STRING) {
        return new Delete.Input(parser.getString(), Presence.ANY);
      }
      requireObject(document, "a string or an object with the member \"key\"");
      Members members = new Members(MEMBERS);
      String key = null;
      Condition condition = Presence.ANY;
      for (String name = parser.nextName(); name != null; name = parser.nextName()) {
        int member = members.next(name, document);
        parser.nextToken();
        if (member == 0) {
          key = document.string("key");
        } else {
          condition = ifMatch(document);
        }
      }
      if (key == null) {
        throw noKey(document);
      }
      return new Delete.Input(key, condition);
    }

    @Override
    public void write(Delete.Output output, JsonGenerator generator, boolean onOneLine) {
      switch (output) {
        case Delete.Gone(String key, boolean deleted) -> {
          generator.writeStartObject();
          generator.writeStringProperty("key", key);
          generator.writeBooleanProperty("deleted", deleted);
          generator.writeEndObject();
        }
        case Ignored ignored -> writeIgnored(ignored, generator);
        case Problem problem -> writeProblem(problem, 0, generator);
      }
    }

    @Override
    public String key(Delete.Input input) {
      return input.key();
    }

    @Override
    public int size(Delete.Input input) {
      return 0;
    }

    @Override
    public boolean givesEntries() {
      return false;
    }

    @Override
    public Delete.Output problem(Problem problem) {
      return problem;
    }
  }

  private static void writeIgnored(Ignored ignored, JsonGenerator generator) {
    generator.writeStartObject();
    generator.writeStringProperty("ignored", ignored.why().slug());
    generator.writeEndObject();
  }

  private static void requireObject(Document document, String what) {
    if (document.parser.currentToken() != JsonToken.START_OBJECT) {
      throw document.wrong(
          "the input is %s, it takes %s".formatted(kind(document.parser.currentToken()), what));
    }
  }
}
