package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.proto.identity.PeerCertificate;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.function.BiConsumer;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts whoever proves an identity, and where one is expected, that one alone: the host that an
 * engine speaks to is the PeerId that must answer. The same for TCP and QUIC. Thread-safe.
 */
final class PeerTrust extends X509ExtendedTrustManager {
  /** The peer proved to be another than the one that was dialled. */
  static final class IdentityMismatchException extends CertificateException {
    private static final long serialVersionUID = 1L;

    IdentityMismatchException(PeerId expected, PeerId actual) {
      super("expected " + expected + ", found " + actual);
    }
  }

  private final Function<SSLEngine, String> hosts;
  private final BiConsumer<SSLEngine, CertificateException> refusals;

  /**
   * Trust that tells why it refuses.
   *
   * @param hosts the host that an engine was made for
   * @param refusals hears of each refusal before the engine does
   */
  PeerTrust(
      Function<SSLEngine, String> hosts, BiConsumer<SSLEngine, CertificateException> refusals) {
    this.hosts = hosts;
    this.refusals = refusals;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    try {
      PeerId actual = PeerCertificate.verify(chain, Instant.now());
      PeerId expected = PeerId.parse(hosts.apply(engine));
      if (!actual.equals(expected)) {
        throw new IdentityMismatchException(expected, actual);
      }
    } catch (CertificateException e) {
      refusals.accept(engine, e);
      throw e;
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    try {
      PeerCertificate.verify(chain, Instant.now());
    } catch (CertificateException e) {
      refusals.accept(engine, e);
      throw e;
    }
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
