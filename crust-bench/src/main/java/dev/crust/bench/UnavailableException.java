package dev.crust.bench;

/** This machine lacks what a measurement needs; the message says what. */
final class UnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnavailableException(String message) {
    super(message);
  }
}
