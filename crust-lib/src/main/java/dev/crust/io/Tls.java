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
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

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
    forgetSessions(client);
    forgetSessions(server);
  }

  /** Each handshake proves anew who the peer is, and an idle connection holds nothing for later. */
  private static void forgetSessions(SslContext context) {
    if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
      sessions.setSessionCacheEnabled(false);
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
        .trustManager(new PeerTrust(SSLEngine::getPeerHost, (handshake, refusal) -> {}));
  }

  /** A handler for the side that dials. The port distinguishes nothing. */
  SslHandler client(ByteBufAllocator allocator, PeerId expected) {
    // A host without a dot is never sent as the server's name, and tells the trust manager whom to
    // expect.
    return client.newHandler(allocator, expected.toString(), 1);
  }

  /** A handler for the side that listens. */
  SslHandler server(ByteBufAllocator allocator) {
    return server.newHandler(allocator);
  }

  /**
   * A handler for whoever comes in at a listener. The endpoint's own clock bounds the whole way to
   * the admission.
   */
  SslHandler guest(ByteBufAllocator allocator) {
    SslHandler handler = server(allocator);
    handler.setHandshakeTimeoutMillis(0);
    return handler;
  }

  /** Who is at the other end of a handshake that succeeded. */
  static PeerId peer(SSLEngine engine) throws SSLException {
    try {
      return PeerCertificate.named((X509Certificate) engine.getSession().getPeerCertificates()[0]);
    } catch (SSLPeerUnverifiedException | CertificateException e) {
      throw new SSLException("the session names no peer", e);
    }
  }

  @Override
  public void close() {
    ReferenceCountUtil.release(client);
    ReferenceCountUtil.release(server);
  }
}
