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
      DataSize size = size(trimmed);
      if (size.toBytes() < 1) {
        throw new IllegalArgumentException("an amount of memory is 1B or more, not " + trimmed);
      }
      return new HeapShare(0, size);
    }
    if (!trimmed.matches("(100|[1-9][0-9]?)%")) {
      throw new IllegalArgumentException("a share of the heap is 1% to 100%, not " + trimmed);
    }
    int percent = Integer.parseInt(trimmed, 0, trimmed.length() - 1, 10);
    return new HeapShare(percent, DataSize.ofBytes(0));
  }

  private static DataSize size(String text) {
    try {
      return DataSize.parse(text);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new IllegalArgumentException(
          "an amount of memory is a share of the heap (50%) or a size (512MB), not " + text);
    }
  }

  /** The amount in bytes, of a heap of this many. */
  public long bytesOf(long heapBytes) {
    return percent > 0 ? heapBytes / 100 * percent : size.toBytes();
  }

  @Override
  public String toString() {
    return percent > 0 ? percent + "%" : KvSettings.text(size);
  }
}
