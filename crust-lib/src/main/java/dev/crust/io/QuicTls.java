package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.proto.identity.PeerCertificate;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.handler.ssl.ClientAuth;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The TLS inside QUIC (RFC 9001), with the certificate and the trust that TCP has. On the wire it
 * is what everybody's HTTP/3 is: no server name, ALPN {@code h3}; no early data, since it can be
 * replayed. Thread-safe.
 */
public final class QuicTls implements AutoCloseable {
  /** Whom a connection that we open is meant for. */
  private static final AttributeKey<PeerId> EXPECTED =
      AttributeKey.valueOf(QuicTls.class, "EXPECTED");

  /** Under this name an engine's session remembers why the peer was refused: QUIC tells nobody. */
  private static final String REFUSAL = "dev.crust.refusal";

  private static final String ALPN = "h3";

  private final QuicSslContext client;
  private final QuicSslContext server;

  /**
   * TLS for an endpoint with this certificate.
   *
   * @throws IOException if the native library of QUIC does not load here
   */
  public QuicTls(PeerCertificate own) throws IOException {
    if (!isAvailable()) {
      throw new IOException(whyUnavailable());
    }
    OwnKey key = new OwnKey(own);
    this.client =
        QuicSslContextBuilder.forClient()
            .keyManager(key, null)
            .trustManager(new PeerTrust(QuicTls::host, QuicTls::remember))
            .applicationProtocols(ALPN)
            .earlyData(false)
            .build();
    this.server =
        QuicSslContextBuilder.forServer(key, null)
            .clientAuth(ClientAuth.REQUIRE)
            .trustManager(new PeerTrust(QuicTls::host, QuicTls::remember))
            .applicationProtocols(ALPN)
            .earlyData(false)
            .build();
  }

  /** Whether QUIC can be spoken on this machine. */
  public static boolean isAvailable() {
    return Quic.isAvailable();
  }

  /** Why QUIC cannot be spoken, as a sentence without a full stop. */
  public static String whyUnavailable() {
    Throwable cause = Quic.unavailabilityCause();
    return "the native library of QUIC does not load here: "
        + (cause == null ? "no reason given" : cause.getMessage());
  }

  /** Marks a connection that we open: this peer must answer. */
  static AttributeKey<PeerId> expected() {
    return EXPECTED;
  }

  QuicSslEngine clientEngine(QuicChannel channel) {
    // A host without a dot is never sent as the server's name, and tells the trust manager whom to
    // expect. Sessions are kept by it, too.
    return client.newEngine(channel.alloc(), channel.attr(EXPECTED).get().toString(), 1);
  }

  QuicSslEngine serverEngine(QuicChannel channel) {
    return server.newEngine(channel.alloc());
  }

  /** The engine itself was told of no host; its session was. */
  private static String host(SSLEngine engine) {
    return engine.getSession().getPeerHost();
  }

  private static void remember(SSLEngine engine, CertificateException refusal) {
    engine.getSession().putValue(REFUSAL, refusal);
  }

  /** Why we refused the peer of this connection, if we did. */
  static Optional<CertificateException> refusal(QuicChannel channel) {
    SSLEngine engine = channel.sslEngine();
    return engine == null
        ? Optional.empty()
        : Optional.ofNullable((CertificateException) engine.getSession().getValue(REFUSAL));
  }

  @Override
  public void close() {
    ReferenceCountUtil.release(client);
    ReferenceCountUtil.release(server);
  }

  /**
   * Our only key, whatever is asked for. Netty's way, a key store, would stretch an empty password
   * for a quarter of a second. Immutable.
   */
  private static final class OwnKey extends X509ExtendedKeyManager {
    private static final String ALIAS = "own";

    private final PeerCertificate own;

    OwnKey(PeerCertificate own) {
      this.own = own;
    }

    @Override
    public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public String chooseClientAlias(
        String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return ALIAS;
    }

    @Override
    public String chooseEngineClientAlias(
        String[] keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return ALIAS;
    }

    @Override
    public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return ALIAS;
    }

    @Override
    public String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return ALIAS;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return new X509Certificate[] {own.certificate()};
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return own.privateKey();
    }
  }
}
