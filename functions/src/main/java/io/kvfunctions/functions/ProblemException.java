package io.kvfunctions.functions;

import java.io.Serial;

/**
 * A {@link Problem} on its way to whoever answers the call. Has no stack trace: it is about the
 * call, not the code.
 */
public final class ProblemException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  private final transient Problem problem;

  ProblemException(Problem problem) {
    super(problem.detail(), null, false, false);
    this.problem = problem;
  }

  /** What is wrong. */
  public Problem problem() {
    return problem;
  }
}
