package dev.crust.examples;

import dev.crust.spi.TraversalMethod.FarEnd;
import dev.crust.spi.TraversalMethod.Site;
import dev.crust.spi.TraversalMethod.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request of a proxy for a tunnel to one address. Called by one thread at a time: what the
 * channel says on threads of its own is brought to the site's.
 */
final class Tunnel {
  private static final Duration PATIENCE = Duration.ofSeconds(4);
  private static final int MAX_ANSWER = 8 << 10;
  private static final String END = "\r\n\r\n";

  private final Site site;
  private final InetSocketAddress proxy;
  private final InetSocketAddress target;
  private final Consumer<String> failed;
  private final ByteBuffer answer = ByteBuffer.allocate(MAX_ANSWER);
  private @Nullable AsynchronousSocketChannel channel;
  private boolean over;

  /**
   * One that is not open yet.
   *
   * @param failed hears, once, why it has come to nothing
   */
  Tunnel(Site site, InetSocketAddress proxy, InetSocketAddress target, Consumer<String> failed) {
    this.site = site;
    this.proxy = proxy;
    this.target = target;
    this.failed = failed;
  }

  void open() {
    InetSocketAddress resolved =
        proxy.isUnresolved()
            ? new InetSocketAddress(proxy.getHostString(), proxy.getPort())
            : proxy;
    if (resolved.isUnresolved()) {
      fail("nobody knows the proxy '" + proxy.getHostString() + "'");
      return;
    }
    try {
      AsynchronousSocketChannel opened = AsynchronousSocketChannel.open();
      channel = opened;
      opened.connect(resolved, null, then(connected -> ask(opened)));
    } catch (IOException e) {
      fail(e.toString());
    }
    site.at(site.now().plus(PATIENCE), () -> fail("the proxy does not answer"));
  }

  private void ask(AsynchronousSocketChannel to) {
    String request = "CONNECT %1$s HTTP/1.1\r\nHost: %1$s%2$s".formatted(authority(), END);
    write(to, ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
  }

  /** RFC 9110 §7.2, RFC 3986 §3.2: an IPv6 address is in brackets. */
  private String authority() {
    InetAddress ip = target.getAddress();
    String host = ip.getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + target.getPort();
  }

  private void write(AsynchronousSocketChannel to, ByteBuffer request) {
    if (request.hasRemaining()) {
      to.write(request, null, then(count -> write(to, request)));
    } else {
      read(to);
    }
  }

  private void read(AsynchronousSocketChannel from) {
    from.read(answer, null, then(count -> onRead(from, count)));
  }

  private void onRead(AsynchronousSocketChannel from, int count) {
    String said = new String(answer.array(), 0, answer.position(), StandardCharsets.ISO_8859_1);
    int end = said.indexOf(END);
    if (end < 0) {
      if (count < 0 || !answer.hasRemaining()) {
        fail("the proxy gives no answer to " + authority());
      } else {
        read(from);
      }
    } else if (!said.matches("(?s)HTTP/1\\.[01] 2\\d\\d\\b.*")) {
      fail("the proxy says '" + said.lines().findFirst().orElse("") + "' to " + authority());
    } else if (end + END.length() < said.length()) {
      // A peer's endpoint waits for the client of TLS.
      fail("somebody else listens at " + authority());
    } else {
      handOver(from);
    }
  }

  private void handOver(AsynchronousSocketChannel open) {
    try {
      InetSocketAddress local = (InetSocketAddress) open.getLocalAddress();
      over = true;
      channel = null;
      site.connected(new Wire(open, local, target, FarEnd.LISTENER));
    } catch (IOException e) {
      fail(e.toString());
    }
  }

  private <T> CompletionHandler<T, @Nullable Object> then(Consumer<T> next) {
    return new CompletionHandler<>() {
      @Override
      public void completed(T result, @Nullable Object attachment) {
        site.at(
            site.now(),
            () -> {
              if (!over) {
                next.accept(result);
              }
            });
      }

      @Override
      public void failed(Throwable thrown, @Nullable Object attachment) {
        site.at(site.now(), () -> fail("the proxy cannot be used: " + thrown));
      }
    };
  }

  private void fail(String why) {
    if (!over) {
      close();
      failed.accept(why);
    }
  }

  /** Nobody needs it any more; what was handed over is the endpoint's. */
  void close() {
    over = true;
    AsynchronousSocketChannel open = channel;
    channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // It is of no use any more either way.
        return;
      }
    }
  }
}
