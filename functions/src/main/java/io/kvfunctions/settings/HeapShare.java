package io.kvfunctions.settings;

import org.springframework.util.unit.DataSize;

/**
 * An amount of memory, given as a share of the heap ({@code 50%}) or as a size ({@code 512MB}).
 *
 * @param percent of the heap, 1 to 100; 0 where a size is given
 * @param size where no share is given
 */
public record HeapShare(int percent, DataSize size) {

  /**
   * Reads either form.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static HeapShare valueOf(String text) {
    String trimmed = text.strip();
    if (!trimmed.endsWith("%")) {
      return new HeapShare(0, DataSize.parse(trimmed));
    }
    int percent = Integer.parseInt(trimmed.substring(0, trimmed.length() - 1).strip());
    if (percent < 1 || percent > 100) {
      throw new IllegalArgumentException("a share of the heap is 1% to 100%, not " + trimmed);
    }
    return new HeapShare(percent, DataSize.ofBytes(0));
  }

  /** The amount in bytes, of a heap of this many. */
  public long bytesOf(long heapBytes) {
    return percent > 0 ? heapBytes / 100 * percent : size.toBytes();
  }

  @Override
  public String toString() {
    return percent > 0 ? percent + "%" : size.toString();
  }
}
