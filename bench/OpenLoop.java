import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sends requests by a timetable that does not wait for answers, and measures from the time that the
 * timetable gives: {@code java OpenLoop.java PORT FILE RATE WARM_UP SECONDS CONNECTIONS KEYS
 * SLICE}.
 *
 * <p>The idea: users who come by themselves do not stop coming while a server stands still. A
 * client that waits for an answer before it sends the next request does, and so leaves out those
 * very requests that would have had to wait the longest (coordinated omission). Here request number
 * i is due at i/RATE. Where no connection is free it waits for one, and this wait is a part of what
 * is reported. A connection has one request at a time, since not every server answers several in
 * their order.
 *
 * <p>One thread sends, reads and looks for what is next without ever sleeping, so that it is on
 * time; it makes no garbage while it does. By how much it is late itself is measured too: from when
 * a request was due and a connection free, to when it was sent.
 *
 * <p>FILE holds the requests one after the other, each a line with its length and then its bytes;
 * they are sent round and round. Where KEYS is not 0, the key k000000000000000 in each is replaced
 * by one of that many at random. What is due in the first WARM_UP seconds is not counted, and
 * dropped if it is not sent by their end. A line says when they are over ({@code {"begin":…}}, in
 * milliseconds since 1970), and the last line is the result, its times in microseconds, once as a
 * whole and once for each SLICE seconds, by when the requests were due. What has no answer 2
 * seconds after the end is counted with the time it had waited by then.
 */
final class OpenLoop {
  private static final byte[] ANY_KEY = ascii("k000000000000000");
  private static final byte[] CONTENT_LENGTH = ascii("content-length:");
  private static final long PATIENCE_NANOS = 2_000_000_000L;
  private static final int WARM_UP_PHASES = 20;
  private static final int HEAD_BYTES = 16 << 10;
  private static final int NOT_FOUND = 404;

  private final byte[][] requests;
  private final double nanosEach;
  private final long warmUpNanos;
  private final long nanos;
  private final long keys;
  private final long sliceNanos;
  private final Selector selector;
  private final ArrayDeque<Connection> free = new ArrayDeque<>();
  private final List<Connection> connections = new ArrayList<>();
  private final ByteBuffer in = ByteBuffer.allocateDirect(256 << 10);

  /** From when a request was due to its answer, from when it was sent, and how late it was sent. */
  private final Histogram latency = new Histogram();

  private final Histogram fromSent = new Histogram();
  private final Histogram late = new Histogram();
  private final Histogram[] slices;

  private long begin; // of the timetable
  private long next; // request in it
  private long last; // answer
  private long answered;
  private long bytes;
  private long missing;
  private long notOk;
  private long unanswered;
  private long random = 88172645463325252L;

  private OpenLoop(
      int port,
      Path file,
      double rate,
      double warmUp,
      double seconds,
      int count,
      long keys,
      double slice)
      throws IOException {
    this.requests = read(file);
    this.nanosEach = 1e9 / rate;
    this.warmUpNanos = (long) (warmUp * 1e9);
    this.nanos = (long) (seconds * 1e9);
    this.keys = keys;
    this.sliceNanos = slice > 0 ? (long) (slice * 1e9) : nanos;
    this.slices = new Histogram[(int) ((nanos + sliceNanos - 1) / sliceNanos)];
    Arrays.setAll(slices, i -> new Histogram());
    this.selector = Selector.open();
    int longest = Arrays.stream(requests).mapToInt(r -> r.length).max().orElseThrow();
    for (int i = 0; i < count; i++) {
      connections.add(new Connection(port, longest));
    }
    free.addAll(connections);
  }

  public static void main(String[] args) throws IOException {
    OpenLoop loop =
        new OpenLoop(
            Integer.parseInt(args[0]),
            Path.of(args[1]),
            Double.parseDouble(args[2]),
            Double.parseDouble(args[3]),
            Double.parseDouble(args[4]),
            Integer.parseInt(args[5]),
            Long.parseLong(args[6]),
            Double.parseDouble(args[7]));
    loop.run();
    System.out.println(loop.result());
  }

  private void run() throws IOException {
    // In pieces, each of which counts: so that what is to come, from its beginning on, is compiled.
    for (int i = 0; i < WARM_UP_PHASES; i++) {
      phase(warmUpNanos / WARM_UP_PHASES, 0);
    }
    answered = 0;
    bytes = 0;
    latency.clear();
    fromSent.clear();
    late.clear();
    for (Histogram slice : slices) {
      slice.clear();
    }
    System.out.println("{\"begin\":" + System.currentTimeMillis() + "}");
    phase(nanos, PATIENCE_NANOS);
    long now = System.nanoTime();
    for (Connection connection : connections) {
      if (!free.contains(connection)) {
        giveUp(connection.due, now);
      }
    }
    for (; next < total(nanos); next++) {
      giveUp(due(), now);
    }
  }

  /** Follows a timetable that begins now, and waits for answers for a while after its end. */
  private void phase(long nanos, long patience) throws IOException {
    long total = total(nanos);
    next = 0;
    begin = System.nanoTime();
    last = begin;
    long now = begin;
    while (now < begin + nanos
        || (now < begin + nanos + patience && (next < total || free.size() < connections.size()))) {
      while (next < total && due() <= now && !free.isEmpty()) {
        free.poll().send(requests[(int) (next % requests.length)], due());
        next++;
      }
      selector.selectNow(OpenLoop::ready);
      now = System.nanoTime();
    }
  }

  private long total(long nanos) {
    return Math.round(nanos / nanosEach);
  }

  private long due() {
    return begin + (long) (next * nanosEach);
  }

  private static void ready(SelectionKey key) {
    Connection connection = (Connection) key.attachment();
    if (key.isWritable()) {
      connection.write();
    }
    if (key.isReadable()) {
      connection.read();
    }
  }

  private void giveUp(long due, long now) {
    if (due >= begin) {
      unanswered++;
      last = now;
      record(due, now);
    }
  }

  private void record(long due, long now) {
    latency.record(now - due);
    slices[(int) Math.min((due - begin) / sliceNanos, slices.length - 1)].record(now - due);
  }

  private void count(Connection connection, int status, long length) {
    long now = System.nanoTime();
    if (status == NOT_FOUND) {
      missing++;
    } else if (status / 100 != 2) {
      notOk++;
    }
    if (connection.due >= begin) {
      answered++;
      bytes += length;
      last = Math.max(last, now);
      record(connection.due, now);
      fromSent.record(now - connection.sent);
      late.record(connection.sent - Math.max(connection.due, connection.freed));
    }
    connection.freed = now;
    free.add(connection);
  }

  private String result() {
    StringBuilder text = new StringBuilder("{");
    text.append(
        "\"requests\":%d,\"seconds\":%.6f,\"bytes\":%d,"
            .formatted(answered, Math.max(nanos, last - begin) / 1e9, bytes));
    text.append(latency.text()).append(",\"sentP99\":").append(fromSent.percentile(99) / 1000);
    text.append(",\"late\":").append(late.percentile(99.9) / 1000);
    text.append(
        ",\"missing\":%d,\"notOk\":%d,\"socketErrors\":0,\"unanswered\":%d,\"slices\":["
            .formatted(missing, notOk, unanswered));
    String comma = "";
    for (Histogram slice : slices) {
      text.append(comma).append('{').append(slice.text()).append('}');
      comma = ",";
    }
    return text.append("]}").toString();
  }

  private static byte[][] read(Path file) throws IOException {
    byte[] all = Files.readAllBytes(file);
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < all.length; ) {
      int length = 0;
      for (; all[i] != '\n'; i++) {
        length = length * 10 + all[i] - '0';
      }
      requests.add(Arrays.copyOfRange(all, i + 1, i + 1 + length));
      i += 1 + length;
    }
    return requests.toArray(byte[][]::new);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int find(byte[] bytes, byte[] wanted) {
    for (int i = 0; i + wanted.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    throw new IllegalArgumentException("a request without the key that is to be replaced");
  }

  /** A connection, and the one request that is on its way there. */
  private final class Connection {
    private final SocketChannel channel;
    private final SelectionKey key;
    private final ByteBuffer out;
    private final byte[] head = new byte[HEAD_BYTES];
    private int headLength;
    private long bodyLeft; // once the head is complete
    private long length; // of the answer
    private int status; // 0 while the head is not complete
    private long due;
    private long sent;
    private long freed;

    Connection(int port, int longest) throws IOException {
      channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.configureBlocking(false);
      key = channel.register(selector, SelectionKey.OP_READ, this);
      out = ByteBuffer.allocateDirect(longest);
    }

    void send(byte[] request, long due) {
      out.clear().put(request);
      if (keys > 0) {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        long number = (random >>> 1) % keys;
        for (int i = find(request, ANY_KEY) + ANY_KEY.length - 1; number > 0; i--, number /= 10) {
          out.put(i, (byte) ('0' + number % 10));
        }
      }
      out.flip();
      headLength = 0;
      status = 0;
      length = 0;
      this.due = due;
      sent = System.nanoTime();
      write();
    }

    void write() {
      try {
        channel.write(out);
      } catch (IOException e) {
        throw new IllegalStateException("a request could not be sent: " + e.getMessage(), e);
      }
      int wanted =
          out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
      if (key.interestOps() != wanted) {
        key.interestOps(wanted);
      }
    }

    void read() {
      int count;
      try {
        count = channel.read(in.clear());
      } catch (IOException e) {
        throw new IllegalStateException("an answer could not be read: " + e.getMessage(), e);
      }
      if (count < 0) {
        throw new IllegalStateException("the server closed a connection");
      }
      in.flip();
      length += count;
      if (status == 0) {
        int taken = Math.min(count, head.length - headLength);
        in.get(head, headLength, taken);
        int from = Math.max(0, headLength - 3);
        headLength += taken;
        if (!parse(from)) {
          return;
        }
      }
      bodyLeft -= in.remaining();
      if (bodyLeft < 0) {
        throw new IllegalStateException("an answer is longer than it says");
      }
      if (bodyLeft == 0) {
        OpenLoop.this.count(this, status, length);
      }
    }

    /** Looks whether the head is complete, and if so what it says. */
    private boolean parse(int from) {
      for (int i = from; i + 3 < headLength; i++) {
        if (head[i] == '\r' && head[i + 1] == '\n' && head[i + 2] == '\r' && head[i + 3] == '\n') {
          status = (head[9] - '0') * 100 + (head[10] - '0') * 10 + head[11] - '0';
          bodyLeft = contentLength(i + 2) - (headLength - i - 4);
          return true;
        }
      }
      if (headLength == head.length) {
        throw new IllegalStateException("the head of an answer is too long");
      }
      return false;
    }

    private long contentLength(int end) {
      for (int i = 0; i < end; i++) {
        if (head[i] == '\n' && (head[i + 1] | 0x20) == 'c' && isContentLength(i + 1)) {
          long value = 0;
          for (int j = i + 1 + CONTENT_LENGTH.length; head[j] != '\r'; j++) {
            if (head[j] != ' ') {
              value = value * 10 + head[j] - '0';
            }
          }
          return value;
        }
      }
      if (status == 204) {
        return 0;
      }
      throw new IllegalStateException(
          "an answer with status " + status + " does not say how long it is");
    }

    private boolean isContentLength(int at) {
      for (int i = 0; i < CONTENT_LENGTH.length; i++) {
        byte lower =
            head[at + i] >= 'A' && head[at + i] <= 'Z'
                ? (byte) (head[at + i] | 0x20)
                : head[at + i];
        if (lower != CONTENT_LENGTH[i]) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Counts of times, in buckets that grow with the time: 64 for each doubling, so that what comes
   * back is at most 1.6 % over what went in. Up to 63 ns they are exact. It takes 30 KB.
   */
  private static final class Histogram {
    private static final int BITS = 6;
    private static final int EACH = 1 << BITS;

    private final long[] counts = new long[(Long.SIZE - BITS) * EACH];
    private long total;
    private long max;

    void record(long nanos) {
      long value = Math.max(nanos, 0);
      counts[bucket(value)]++;
      total++;
      max = Math.max(max, value);
    }

    void clear() {
      Arrays.fill(counts, 0);
      total = 0;
      max = 0;
    }

    private static int bucket(long value) {
      if (value < EACH) {
        return (int) value;
      }
      int shift = Long.SIZE - 1 - Long.numberOfLeadingZeros(value) - BITS;
      return shift * EACH + (int) (value >>> shift);
    }

    /** The longest time that is in this bucket. */
    private static long longest(int bucket) {
      if (bucket < EACH) {
        return bucket;
      }
      int shift = bucket / EACH - 1;
      return ((bucket % EACH + EACH + 1L) << shift) - 1;
    }

    long percentile(double percent) {
      long wanted = (long) Math.ceil(total * percent / 100);
      long seen = 0;
      for (int i = 0; i < counts.length && wanted > 0; i++) {
        seen += counts[i];
        if (seen >= wanted) {
          return Math.min(longest(i), max);
        }
      }
      return 0;
    }

    String text() {
      return "\"count\":%d,\"p50\":%d,\"p90\":%d,\"p99\":%d,\"p999\":%d,\"max\":%d"
          .formatted(
              total,
              percentile(50) / 1000,
              percentile(90) / 1000,
              percentile(99) / 1000,
              percentile(99.9) / 1000,
              max / 1000);
    }
  }
}
