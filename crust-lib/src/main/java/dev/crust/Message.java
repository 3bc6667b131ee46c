package dev.crust;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Bytes with a priority, delivered whole. Immutable and thread-safe.
 *
 * <p>Messages of one priority arrive in the order in which they were sent; one of a smaller number
 * may overtake.
 */
public final class Message {
  /** The priority of a message that states none. */
  public static final int DEFAULT_PRIORITY = 128;

  /** An age limit that suits messages which are of no use when they come late. */
  public static final Duration USUAL_MAX_AGE = Duration.ofSeconds(60);

  private static final int MIN_MORTAL_PRIORITY = 2;
  private static final String MORTALITY =
      "only messages of priority 2 and later may have an age limit";

  private final int priority;
  private final byte[] payload;
  private final @Nullable Duration maxAge;

  private Message(int priority, byte[] payload, @Nullable Duration maxAge) {
    if (priority < 0 || priority > 255) {
      throw new IllegalArgumentException("a priority is a number from 0 to 255, not " + priority);
    }
    this.priority = priority;
    this.payload = payload;
    this.maxAge = maxAge;
  }

  /** A message with these bytes, which are copied, and {@link #DEFAULT_PRIORITY}. */
  public static Message of(byte[] payload) {
    return new Message(DEFAULT_PRIORITY, payload.clone(), null);
  }

  /** A message with this text in UTF-8 and {@link #DEFAULT_PRIORITY}. */
  public static Message of(String text) {
    return new Message(DEFAULT_PRIORITY, text.getBytes(StandardCharsets.UTF_8), null);
  }

  /**
   * A message around these very bytes: cheaper than {@link #of(byte[])} for large payloads.
   *
   * @param priority 0 (first) to 255
   * @param payload not copied; the caller gives it away and must not change it afterwards
   * @throws IllegalArgumentException if the priority is out of range
   */
  public static Message wrap(int priority, byte[] payload) {
    return new Message(priority, payload, null);
  }

  /**
   * The same bytes with another priority.
   *
   * @param priority 0 (first) to 255
   * @throws IllegalArgumentException if the priority is out of range
   */
  public Message withPriority(int priority) {
    if (maxAge != null && priority < MIN_MORTAL_PRIORITY) {
      throw new IllegalArgumentException(MORTALITY);
    }
    return new Message(priority, payload, maxAge);
  }

  /**
   * The same message with an age limit: if it was not begun to be sent so long after it was given
   * to {@link Connection#send}, it is dropped and reported ({@link Event.Expired}).
   *
   * @param age how old it may become
   * @throws IllegalArgumentException if the priority is 0 or 1: such messages are never dropped
   */
  public Message withMaxAge(Duration age) {
    if (age.isNegative() || age.isZero()) {
      throw new IllegalArgumentException("'" + age + "' is not a positive time");
    }
    if (priority < MIN_MORTAL_PRIORITY) {
      throw new IllegalArgumentException(MORTALITY);
    }
    return new Message(priority, payload, age);
  }

  /** How old it may become before it is sent; empty if there is no limit. */
  public Optional<Duration> maxAge() {
    return Optional.ofNullable(maxAge);
  }

  /** 0 (first) to 255 (last). */
  public int priority() {
    return priority;
  }

  /** The length of the payload, in bytes. */
  public int length() {
    return payload.length;
  }

  /** A copy of the payload. */
  public byte[] bytes() {
    return payload.clone();
  }

  /** A read-only view of the payload, from its first byte to its last. */
  public ByteBuffer buffer() {
    return ByteBuffer.wrap(payload).asReadOnlyBuffer();
  }

  /** The payload read as UTF-8; bytes that are none become U+FFFD. */
  public String text() {
    return new String(payload, StandardCharsets.UTF_8);
  }

  /** For people: the length and the priority, never the content. */
  @Override
  public String toString() {
    return "message of %d bytes, priority %d".formatted(payload.length, priority);
  }
}
