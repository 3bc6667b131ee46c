package dev.crust.proto.frame;

/** The types of frames. A receiver skips those that it does not know, so that versions can meet. */
public final class FrameType {
  /** Protobuf {@code Hello}: the first frame in each direction. */
  public static final int HELLO = 0x01;

  /** Protobuf {@code Admit}: from the smaller peer id, the path carries a connection now. */
  public static final int ADMIT = 0x02;

  /** Protobuf {@code Close}: the last frame. */
  public static final int CLOSE = 0x03;

  /** Eight bytes of the asker's choice. */
  public static final int PING = 0x04;

  /** The eight bytes of the ping that it answers. */
  public static final int PONG = 0x05;

  /** Priority (1 byte), length of the message (varint), its first bytes. */
  public static final int MESSAGE = 0x10;

  /** Priority (1 byte), further bytes of the message in progress at that priority. */
  public static final int MESSAGE_MORE = 0x11;

  /** How many MESSAGE and MESSAGE_MORE frames were accepted so far (varint). */
  public static final int ACK = 0x12;

  /**
   * How much the receiver of this frame may have sent so far, in charged bytes since the beginning
   * (varint).
   */
  public static final int WINDOW = 0x13;

  private FrameType() {}
}
