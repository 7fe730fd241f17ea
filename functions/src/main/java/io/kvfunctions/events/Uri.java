package io.kvfunctions.events;

/**
 * Whether a text is what RFC 3986 calls a URI or a reference to one. Beyond it, letters of all
 * scripts are taken as they are (RFC 3987), as the SDKs of CloudEvents do.
 */
final class Uri {
  private static final boolean[] ALLOWED = allowed();

  private Uri() {}

  private static boolean[] allowed() {
    boolean[] allowed = new boolean[0x80];
    for (char c = 0; c < allowed.length; c++) {
      allowed[c] = isLetterOrDigit(c) || "-._~!$&'()*+,;=:@/?".indexOf(c) >= 0;
    }
    return allowed;
  }

  /** A URI, or relative to one (RFC 3986 §4.1). */
  static boolean isReference(String text) {
    return isWellFormed(text) && schemeLength(text) >= 0;
  }

  /** One that begins with a scheme (RFC 3986 §3). */
  static boolean isAbsolute(String text) {
    return isWellFormed(text) && schemeLength(text) > 0;
  }

  private static boolean isWellFormed(String text) {
    boolean inFragment = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        if (i + 2 >= text.length()
            || !isHexadecimal(text.charAt(i + 1))
            || !isHexadecimal(text.charAt(i + 2))) {
          return false;
        }
        i += 2;
      } else if (c == '#') {
        if (inFragment) {
          return false;
        }
        inFragment = true;
      } else if (c == '[' || c == ']') { // around an address, behind "//"
        int authority = text.indexOf("//");
        if (authority < 0 || i < authority || inFragment) {
          return false;
        }
      } else if (Character.isHighSurrogate(c)) {
        if (i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return false;
        }
        i++;
      } else if (!isAllowed(c)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAllowed(char c) {
    return c < ALLOWED.length ? ALLOWED[c] : c > 0xa0 && !Character.isLowSurrogate(c);
  }

  /**
   * How long the scheme is, 0 where there is none, -1 where what stands before the first colon
   * cannot be one: a relative reference has no colon in its first segment (RFC 3986 §4.2).
   */
  private static int schemeLength(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '/' || c == '?' || c == '#') {
        return 0;
      }
      if (c == ':') {
        return i > 0 && isScheme(text, i) ? i : -1;
      }
    }
    return 0;
  }

  private static boolean isScheme(String text, int to) {
    for (int i = 0; i < to; i++) {
      char c = text.charAt(i);
      boolean may =
          i == 0 ? isLetterOrDigit(c) && c > '9' : isLetterOrDigit(c) || "+-.".indexOf(c) >= 0;
      if (!may) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isHexadecimal(char c) {
    return c < 0x80 && Character.digit(c, 16) >= 0;
  }
}
