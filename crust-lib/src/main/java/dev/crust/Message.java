package dev.crust;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Bytes with a priority, delivered whole. Immutable and thread-safe.
 *
 * <p>Messages of one priority arrive in the order in which they were sent; one of a smaller number
 * may overtake.
 */
public final class Message {
  /** The priority of a message that states none. */
  public static final int DEFAULT_PRIORITY = 128;

  private final int priority;
  private final byte[] payload;

  private Message(int priority, byte[] payload) {
    if (priority < 0 || priority > 255) {
      throw new IllegalArgumentException("a priority is a number from 0 to 255, not " + priority);
    }
    this.priority = priority;
    this.payload = payload;
  }

  /** A message with these bytes, which are copied, and {@link #DEFAULT_PRIORITY}. */
  public static Message of(byte[] payload) {
    return new Message(DEFAULT_PRIORITY, payload.clone());
  }

  /** A message with this text in UTF-8 and {@link #DEFAULT_PRIORITY}. */
  public static Message of(String text) {
    return new Message(DEFAULT_PRIORITY, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A message around these very bytes: cheaper than {@link #of(byte[])} for large payloads.
   *
   * @param priority 0 (first) to 255
   * @param payload not copied; the caller gives it away and must not change it afterwards
   * @throws IllegalArgumentException if the priority is out of range
   */
  public static Message wrap(int priority, byte[] payload) {
    return new Message(priority, payload);
  }

  /**
   * The same bytes with another priority.
   *
   * @param priority 0 (first) to 255
   * @throws IllegalArgumentException if the priority is out of range
   */
  public Message withPriority(int priority) {
    return new Message(priority, payload);
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
