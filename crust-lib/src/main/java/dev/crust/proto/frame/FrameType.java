package dev.crust.proto.frame;

/** The types of frames. A receiver skips those that it does not know, so that versions can meet. */
public final class FrameType {
  /** Protobuf {@code Hello}: the first frame in each direction. */
  public static final int HELLO = 0x01;

  /** Protobuf {@code Admit}: from the smaller peer id, the path carries a connection now. */
  public static final int ADMIT = 0x02;

  /** Protobuf {@code Close}: the last frame. */
  public static final int CLOSE = 0x03;

  /** A number (8 bytes), and as much after it as the asker likes: it comes back as it went. */
  public static final int PING = 0x04;

  /** The body of the ping that it answers. */
  public static final int PONG = 0x05;

  /** Priority (1 byte), length of the message (varint), its first bytes. */
  public static final int MESSAGE = 0x10;

  /** Priority (1 byte), further bytes of the message in progress at that priority. */
  public static final int MESSAGE_MORE = 0x11;

  /** How many numbered frames were accepted so far (varint). */
  public static final int ACK = 0x12;

  /**
   * How much the receiver of this frame may have sent so far, in charged bytes since the beginning
   * (varint).
   */
  public static final int WINDOW = 0x13;

  /**
   * How many bytes of streams the receiver of this frame may have sent so far, in all streams
   * together (varint).
   */
  public static final int STREAMS_WINDOW = 0x14;

  /**
   * The number (varint) of the numbered frame that comes next on this path; those after it count
   * up. The first is 1.
   */
  public static final int NEXT = 0x15;

  /** A stream (varint) of this priority (1 byte) begins. */
  public static final int OPEN = 0x20;

  /** Bytes of a stream: its id (varint), and they. */
  public static final int DATA = 0x21;

  /** A stream (varint) has no more bytes. */
  public static final int FIN = 0x22;

  /** The sender gives up what it would have sent on a stream (varint), with a code (varint). */
  public static final int RESET = 0x23;

  /** The receiver wants no more of a stream (varint), with a code (varint). */
  public static final int STOP = 0x24;

  /** How many bytes of a stream (varint) the receiver of this frame may have sent (varint). */
  public static final int STREAM_WINDOW = 0x25;

  /**
   * A stream (varint) of this priority (1 byte) begins, for a service (varint) of the endpoint's
   * own; its user hears nothing of it.
   */
  public static final int SERVICE = 0x26;

  private FrameType() {}

  /**
   * Whether frames of this type, known or not, are numbered: kept by their sender until they are
   * acknowledged, and repeated on another path if one breaks.
   */
  public static boolean numbered(int type) {
    return type == MESSAGE || type == MESSAGE_MORE || (type >= 0x20 && type < 0x40);
  }

  /** Whether a frame of this type is passed on in pieces as they come. */
  public static boolean streamed(int type) {
    return type == MESSAGE || type == MESSAGE_MORE || type == DATA;
  }
}
