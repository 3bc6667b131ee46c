package dev.crust.natlab.verify;

import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.TcpHandler;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.BiConsumer;

/** Frames on a connection: two bytes of length, then as many bytes. */
final class FramedLine implements TcpHandler {
  private final BiConsumer<SimTcpConnection, byte[]> ear;
  private byte[] rest = {};

  FramedLine(BiConsumer<SimTcpConnection, byte[]> ear) {
    this.ear = ear;
  }

  static byte[] frame(byte[] body) {
    return ByteBuffer.allocate(2 + body.length).putShort((short) body.length).put(body).array();
  }

  @Override
  public void received(SimTcpConnection connection, byte[] data) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(rest);
    all.writeBytes(data);
    ByteBuffer buffer = ByteBuffer.wrap(all.toByteArray());
    while (buffer.remaining() >= 2
        && buffer.remaining() - 2 >= Short.toUnsignedInt(buffer.getShort(buffer.position()))) {
      byte[] body = new byte[Short.toUnsignedInt(buffer.getShort())];
      buffer.get(body);
      ear.accept(connection, body);
    }
    rest = Arrays.copyOfRange(buffer.array(), buffer.position(), buffer.limit());
  }
}
