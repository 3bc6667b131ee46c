package dev.crust;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.io.RawQuic;
import dev.crust.proto.identity.PeerCertificate;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A peer that speaks TLS 1.3, over TCP by an implementation that is not ours, or in QUIC, and then
 * writes whatever bytes it likes.
 */
final class RawPeer implements AutoCloseable {
  private final InputStream in;
  private final OutputStream out;
  private final Closeable half;
  private final Closeable socket;

  /** A peer with this certificate, or with none. */
  RawPeer(int port, @Nullable PeerCertificate certificate) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    if (certificate != null) {
      store.setKeyEntry(
          "peer",
          certificate.privateKey(),
          new char[0],
          new X509Certificate[] {certificate.certificate()});
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(keys.getKeyManagers(), new TrustManager[] {new Gullible()}, null);
    Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
    plain.setSoTimeout(LoopbackEndpoints.PATIENCE_SECONDS * 1000);
    SSLSocket secured =
        (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", port, true);
    secured.startHandshake();
    in = secured.getInputStream();
    out = secured.getOutputStream();
    half = secured::shutdownOutput;
    socket = secured;
  }

  private RawPeer(RawQuic quic) {
    in = quic.input();
    out = quic.output();
    half = quic::finish;
    socket = quic::close;
  }

  /** A peer with a certificate as it should be. */
  static RawPeer honest(int port, Identity identity) throws Exception {
    return new RawPeer(port, PeerCertificate.create(identity, new SecureRandom()));
  }

  /** The same to this endpoint, by what it speaks: TCP if that is among it. */
  static RawPeer honest(Watched other, Identity identity) throws Exception {
    return honest(other.address().candidates().get(0), other.id(), identity);
  }

  /** The same by this way to a peer. */
  static RawPeer honest(Candidate way, PeerId other, Identity identity) throws Exception {
    if (way.transport() == Transport.TCP) {
      return honest(way.address().getPort(), identity);
    }
    return new RawPeer(
        new RawQuic(
            PeerCertificate.create(identity, new SecureRandom()),
            way.address(),
            other,
            Duration.ofSeconds(LoopbackEndpoints.PATIENCE_SECONDS)));
  }

  void write(byte... bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** Writes a frame of this type. */
  void frame(int type, byte... body) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(body.length + 4);
    dev.crust.proto.frame.Varint.write(frame, body.length + 1);
    frame.put((byte) type).put(body);
    byte[] bytes = new byte[frame.flip().remaining()];
    frame.get(bytes);
    write(bytes);
  }

  /** Ends what is written; what comes can still be read. */
  void finish() throws IOException {
    half.close();
  }

  /** A frame that came. */
  record Frame(int type, ByteBuffer body) {}

  /** The next frame; null when the other side has hung up. */
  @Nullable Frame next() throws IOException {
    try {
      DataInputStream in = new DataInputStream(this.in);
      int length = 0;
      int shift = 0;
      byte part;
      do {
        part = in.readByte();
        length |= (part & 0x7f) << shift;
        shift += 7;
      } while (part < 0);
      byte[] frame = in.readNBytes(length);
      return frame.length < length
          ? null
          : new Frame(frame[0] & 0xff, ByteBuffer.wrap(frame, 1, length - 1));
    } catch (EOFException | SocketException hungUp) {
      return null;
    }
  }

  /** Everything that comes until the other side hangs up. */
  byte[] readToEnd() throws IOException {
    try {
      return in.readAllBytes();
    } catch (IOException reset) {
      return new byte[0];
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static final class Gullible extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] c, String a, Socket s) {}

    @Override
    public void checkServerTrusted(X509Certificate[] c, String a, Socket s) {}

    @Override
    public void checkClientTrusted(X509Certificate[] c, String a, javax.net.ssl.SSLEngine e) {}

    @Override
    public void checkServerTrusted(X509Certificate[] c, String a, javax.net.ssl.SSLEngine e) {}

    @Override
    public void checkClientTrusted(X509Certificate[] c, String a) {}

    @Override
    public void checkServerTrusted(X509Certificate[] c, String a) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
