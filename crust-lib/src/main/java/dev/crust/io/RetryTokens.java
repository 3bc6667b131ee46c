package dev.crust.io;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.quic.QuicTokenHandler;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Retry (RFC 9000 §8.1.2): under load, whoever wants to connect first shows that it receives at its
 * address. A token is {@code seconds (8) ‖ MAC (16) ‖ the id that the client had chosen}; nothing
 * is remembered of it. On the loop of the port's socket.
 */
final class RetryTokens implements QuicTokenHandler {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int MAC_LENGTH = 16;
  private static final int HEAD = Long.BYTES + MAC_LENGTH;
  private static final int MAX_ID = 20;
  private static final Duration LIFETIME = Duration.ofSeconds(15);

  private final InstantSource clock;
  private final BooleanSupplier underLoad;
  private final Runnable validated;
  private final Mac mac;

  /**
   * Tokens of a key of their own.
   *
   * @param underLoad whether a token is asked for now
   * @param validated called when a token has proven good
   */
  RetryTokens(
      SecureRandom random, InstantSource clock, BooleanSupplier underLoad, Runnable validated) {
    this.clock = clock;
    this.underLoad = underLoad;
    this.validated = validated;
    byte[] key = new byte[32];
    random.nextBytes(key);
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  @Override
  public boolean writeToken(ByteBuf out, ByteBuf dcid, InetSocketAddress address) {
    if (!underLoad.getAsBoolean()) {
      return false;
    }
    byte[] id = bytes(dcid, dcid.readerIndex(), dcid.readableBytes());
    long now = clock.instant().getEpochSecond();
    out.writeLong(now).writeBytes(mac(now, id, address)).writeBytes(id);
    return true;
  }

  @Override
  public int validateToken(ByteBuf token, InetSocketAddress address) {
    int length = token.readableBytes() - HEAD;
    if (length < 0 || length > MAX_ID) {
      return -1;
    }
    int at = token.readerIndex();
    long issued = token.getLong(at);
    byte[] id = bytes(token, at + HEAD, length);
    boolean genuine =
        MessageDigest.isEqual(bytes(token, at + Long.BYTES, MAC_LENGTH), mac(issued, id, address));
    Instant now = clock.instant();
    if (!genuine || now.isAfter(Instant.ofEpochSecond(issued).plus(LIFETIME))) {
      return -1;
    }
    validated.run();
    return HEAD;
  }

  @Override
  public int maxTokenLength() {
    return HEAD + MAX_ID;
  }

  private byte[] mac(long seconds, byte[] id, InetSocketAddress address) {
    byte[] ip = address.getAddress().getAddress();
    ByteBuffer head = ByteBuffer.allocate(Long.BYTES + 4 + ip.length);
    head.putLong(seconds).putShort((short) address.getPort()).putShort((short) ip.length).put(ip);
    mac.update(head.array());
    return Arrays.copyOf(mac.doFinal(id), MAC_LENGTH);
  }

  private static byte[] bytes(ByteBuf buffer, int index, int length) {
    byte[] bytes = new byte[length];
    buffer.getBytes(index, bytes);
    return bytes;
  }
}
