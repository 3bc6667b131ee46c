package dev.crust.io;

import dev.crust.Reason;
import dev.crust.proto.punch.TcpPunch;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What the exceptions of sockets and TLS engines mean. */
final class Failures {
  private static final int MAX_DETAIL = 200;

  /** A reason and, for people, what it was in particular. */
  record Cause(Reason reason, String detail) {}

  private Failures() {}

  /** Why a socket did not connect. */
  static Cause ofConnect(Throwable thrown) {
    if (thrown instanceof ConnectTimeoutException) {
      return new Cause(Reason.TIMEOUT, "");
    }
    String message = text(thrown).toLowerCase(Locale.ROOT);
    if (thrown instanceof NoRouteToHostException
        || thrown instanceof UnresolvedAddressException
        || message.contains("unreachable")
        || message.contains("no route")
        || message.contains("invalid argument")
        || message.contains("permission denied")
        || message.contains("cannot assign")) {
      return new Cause(Reason.UNREACHABLE, shortened(text(thrown)));
    }
    if (thrown instanceof ConnectException && message.contains("refused")) {
      return new Cause(Reason.REFUSED, "");
    }
    if (message.contains("timed out")) {
      return new Cause(Reason.TIMEOUT, "");
    }
    return new Cause(Reason.UNREACHABLE, shortened(text(thrown)));
  }

  /** Why a socket did not connect that was dialled from a port on which we listen. */
  static TcpPunch.Failure ofPunch(Throwable thrown) {
    if (thrown instanceof ConnectTimeoutException) {
      return TcpPunch.Failure.TIMED_OUT;
    }
    String message = text(thrown).toLowerCase(Locale.ROOT);
    if (message.contains("refused")) {
      return TcpPunch.Failure.REFUSED;
    } else if (message.contains("cannot assign") || message.contains("in use")) {
      return TcpPunch.Failure.IN_USE;
    } else if (message.contains("timed out")) {
      return TcpPunch.Failure.TIMED_OUT;
    } else if (message.contains("reset") || message.contains("broken pipe")) {
      return TcpPunch.Failure.RESET;
    }
    return TcpPunch.Failure.UNREACHABLE;
  }

  /** Why TLS failed on such a socket: it broke, so another may do, or somebody else is there. */
  static TcpPunch.Failure ofPunchedHandshake(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      // Of a socket that has closed, Netty says so by its text alone.
      boolean broken =
          t instanceof SSLException ? text(t).contains("closed while") : t instanceof IOException;
      if (broken || t instanceof SslHandshakeTimeoutException) {
        return TcpPunch.Failure.RESET;
      }
    }
    return TcpPunch.Failure.NOT_THE_PEER;
  }

  /** Why a QUIC connection did not come about. UDP tells of nobody who listens: it is a timeout. */
  static Cause ofQuic(Throwable thrown) {
    if (thrown instanceof ConnectTimeoutException) {
      return new Cause(Reason.TIMEOUT, "");
    }
    return thrown instanceof SSLException ? ofHandshake(thrown) : ofConnect(thrown);
  }

  /** Why a handshake failed. */
  static Cause ofHandshake(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof PeerTrust.IdentityMismatchException) {
        return new Cause(Reason.IDENTITY_MISMATCH, shortened(text(t)));
      }
      if (t instanceof CertificateException) {
        return new Cause(Reason.HANDSHAKE_FAILED, shortened(text(t)));
      }
      if (t instanceof NotSslRecordException) {
        return new Cause(Reason.PROTOCOL_VIOLATION, "what came is not TLS");
      }
      if (t instanceof SslHandshakeTimeoutException) {
        return new Cause(Reason.TIMEOUT, "");
      }
      if (t instanceof ClosedChannelException) {
        return new Cause(Reason.PATH_LOST, "closed during the handshake");
      }
    }
    if (thrown instanceof SocketException) {
      return new Cause(Reason.PATH_LOST, shortened(text(thrown)));
    }
    return new Cause(Reason.HANDSHAKE_FAILED, shortened(text(thrown)));
  }

  /** Why a pipe that was open broke. */
  static Cause ofPipe(Throwable thrown) {
    if (thrown.getCause() instanceof SSLException alert) {
      return new Cause(Reason.HANDSHAKE_FAILED, shortened(text(alert)));
    }
    return thrown instanceof DecoderException
        ? new Cause(Reason.PROTOCOL_VIOLATION, shortened(text(thrown)))
        : new Cause(Reason.PATH_LOST, shortened(text(thrown)));
  }

  private static String text(Throwable thrown) {
    @Nullable String message = thrown.getMessage();
    return message == null ? thrown.getClass().getSimpleName() : message;
  }

  private static String shortened(String text) {
    return text.length() <= MAX_DETAIL ? text : text.substring(0, MAX_DETAIL) + "…";
  }
}
