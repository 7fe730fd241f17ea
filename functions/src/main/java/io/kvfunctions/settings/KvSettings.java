package io.kvfunctions.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * All settings under {@code kv.}; a test pins every name and default, and the README's table is
 * checked against it.
 *
 * @param limits what is taken at most
 * @param http how the HTTP edge deals with connections
 * @param expiry how the memory of expired entries comes back
 */
@ConfigurationProperties("kv")
public record KvSettings(
    @DefaultValue Limits limits, @DefaultValue Http http, @DefaultValue Expiry expiry) {

  /**
   * {@code kv.limits.*}: what is taken at most. Beyond it a request is refused and changes nothing.
   *
   * @param key bytes of a key in UTF-8
   * @param value bytes of a value
   * @param memory what all entries together may hold, keys and overhead included: a share of the
   *     heap, or a size
   * @param body bytes of the body of a function call, and of one line of NDJSON
   * @param batch elements of an array
   * @param buffers bytes of bodies and lines that are waited for, over all connections: a share of
   *     the heap, or a size
   */
  public record Limits(
      @DefaultValue("1KB") DataSize key,
      @DefaultValue("1MB") DataSize value,
      @DefaultValue("50%") HeapShare memory,
      @DefaultValue("16MB") DataSize body,
      @DefaultValue("10000") int batch,
      @DefaultValue("10%") HeapShare buffers) {
    public Limits {
      require(key.toBytes() >= 1 && key.toBytes() <= 1 << 20, "kv.limits.key is 1B to 1MB");
      require(value.toBytes() >= 0 && value.toBytes() <= 1 << 30, "kv.limits.value is 0B to 1GB");
      require(body.toBytes() >= 1 && body.toBytes() <= 1 << 30, "kv.limits.body is 1B to 1GB");
      require(batch >= 1, "kv.limits.batch is at least 1");
    }
  }

  /**
   * {@code kv.http.*}: how the HTTP edge deals with connections.
   *
   * @param connections how many may be open at once; one more is told so and closed
   * @param target bytes of a request line
   * @param headers bytes of all header fields of a request
   * @param readTimeout how long a request's head may take to arrive, and how long its body may
   *     stand still
   * @param minRate bytes a second below which a body is too slow, once {@code readTimeout} has
   *     passed
   * @param writeTimeout how long a client may take nothing of its answer
   * @param idleTimeout how long a connection may stay open between requests
   * @param drainTimeout how long a stop waits for requests in flight
   */
  public record Http(
      @DefaultValue("10000") int connections,
      @DefaultValue("8KB") DataSize target,
      @DefaultValue("16KB") DataSize headers,
      @DefaultValue("30s") Duration readTimeout,
      @DefaultValue("1KB") DataSize minRate,
      @DefaultValue("30s") Duration writeTimeout,
      @DefaultValue("2m") Duration idleTimeout,
      @DefaultValue("20s") Duration drainTimeout) {
    public Http {
      require(connections >= 1, "kv.http.connections is at least 1");
    }
  }

  /**
   * {@code kv.expiry.*}: how the memory of expired entries comes back. What a client sees does not
   * depend on it.
   *
   * @param interval from one sweep to the next
   * @param batch entries a pass removes at most; the next pass follows at once while there are more
   */
  public record Expiry(@DefaultValue("100ms") Duration interval, @DefaultValue("1000") int batch) {
    public Expiry {
      require(batch >= 1, "kv.expiry.batch is at least 1");
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
