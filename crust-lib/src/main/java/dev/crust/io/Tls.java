package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.proto.identity.PeerCertificate;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Mutual TLS 1.3 (RFC 8446) between endpoints, by BoringSSL or the JDK. On the wire it is what
 * everybody's TLS is: no server name, ALPN {@code h2}. Thread-safe.
 */
public final class Tls implements AutoCloseable {
  /** Which engine. */
  public enum Engine {
    /** Netty's binding of BoringSSL. */
    BORINGSSL(SslProvider.OPENSSL),
    /** The JDK's. */
    JDK(SslProvider.JDK);

    private final SslProvider provider;

    Engine(SslProvider provider) {
      this.provider = provider;
    }

    /** BoringSSL where its native library loads, else the JDK's. */
    public static Engine best() {
      return OpenSsl.isAvailable() ? BORINGSSL : JDK;
    }
  }

  /** The peer proved to be another than the one that was dialled. */
  static final class IdentityMismatchException extends CertificateException {
    private static final long serialVersionUID = 1L;

    IdentityMismatchException(PeerId expected, PeerId actual) {
      super("expected " + expected + ", found " + actual);
    }
  }

  /** AES alone: JDK 17 takes ten times as long with ChaCha20. BoringSSL chooses well by itself. */
  private static final List<String> JDK_CIPHERS =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384");

  private static final ApplicationProtocolConfig ALPN =
      new ApplicationProtocolConfig(
          Protocol.ALPN,
          SelectorFailureBehavior.NO_ADVERTISE,
          SelectedListenerFailureBehavior.ACCEPT,
          ApplicationProtocolNames.HTTP_2);

  private final SslContext client;
  private final SslContext server;

  /**
   * TLS for an endpoint with this certificate.
   *
   * @throws IOException if the engine does not load
   */
  public Tls(PeerCertificate own, Engine engine) throws IOException {
    if (engine == Engine.BORINGSSL && !OpenSsl.isAvailable()) {
      throw new IOException(
          "the native library of BoringSSL does not load here: "
              + OpenSsl.unavailabilityCause().getMessage());
    }
    try {
      this.client =
          configured(SslContextBuilder.forClient(), engine)
              .keyManager(own.privateKey(), own.certificate())
              .endpointIdentificationAlgorithm(null)
              .build();
      this.server =
          configured(SslContextBuilder.forServer(own.privateKey(), own.certificate()), engine)
              .clientAuth(ClientAuth.REQUIRE)
              .build();
    } catch (SSLException e) {
      throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private static SslContextBuilder configured(SslContextBuilder builder, Engine engine) {
    if (engine == Engine.JDK) {
      builder.ciphers(JDK_CIPHERS);
    }
    return builder
        .sslProvider(engine.provider)
        // Netty carries the key in a key store that nobody reads; PKCS #12, the default, would
        // stretch its empty password for a quarter of a second.
        .keyStoreType("JKS")
        .protocols("TLSv1.3")
        .applicationProtocolConfig(ALPN)
        .trustManager(new PeerTrust());
  }

  /**
   * A handler for the side that dials. The port distinguishes nothing; sessions are kept by peer.
   */
  SslHandler client(ByteBufAllocator allocator, PeerId expected) {
    // A host without a dot is never sent as the server's name, and tells the trust manager whom to
    // expect.
    return client.newHandler(allocator, expected.toString(), 1);
  }

  /** A handler for the side that listens. */
  SslHandler server(ByteBufAllocator allocator) {
    return server.newHandler(allocator);
  }

  /** Who is at the other end of a handshake that succeeded. */
  static PeerId peer(SslHandler handler) throws SSLException {
    try {
      return PeerCertificate.named(
          (X509Certificate) handler.engine().getSession().getPeerCertificates()[0]);
    } catch (SSLPeerUnverifiedException | CertificateException e) {
      throw new SSLException("the session names no peer", e);
    }
  }

  @Override
  public void close() {
    ReferenceCountUtil.release(client);
    ReferenceCountUtil.release(server);
  }

  /** Trusts whoever proves an identity, and where one is expected, that one alone. Stateless. */
  private static final class PeerTrust extends X509ExtendedTrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      PeerId actual = PeerCertificate.verify(chain, Instant.now());
      PeerId expected = PeerId.parse(engine.getPeerHost());
      if (!actual.equals(expected)) {
        throw new IdentityMismatchException(expected, actual);
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      PeerCertificate.verify(chain, Instant.now());
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      throw new CertificateException("no engine, so nobody is expected");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      PeerCertificate.verify(chain, Instant.now());
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("no engine, so nobody is expected");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      PeerCertificate.verify(chain, Instant.now());
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
