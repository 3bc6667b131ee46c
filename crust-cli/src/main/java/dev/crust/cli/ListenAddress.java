package dev.crust.cli;

import dev.crust.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where to listen: {@code tcp://0.0.0.0:0}, {@code quic://[::]:4001}. Literals only: a name server
 * is never asked.
 *
 * @param transport by what
 * @param socket the local address; port 0 is a random one
 */
record ListenAddress(Transport transport, InetSocketAddress socket) {
  private static final Pattern FORM =
      Pattern.compile("([a-z]+)://(?:\\[([^\\]]*)\\]|([^\\[\\]:/]*)):([^:/]*)");
  private static final Pattern IPV4 =
      Pattern.compile("(?:(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])(?:\\.(?=.)|$)){4}");
  private static final Pattern IPV6 =
      Pattern.compile("(?=[^%]*:)[0-9a-fA-F:.]+(?:%[0-9A-Za-z_.@-]+)?");

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if the text is malformed; the message points at the wrong part
   */
  static ListenAddress parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not of the form tcp://IP:PORT (IPv6 goes in brackets)");
    }
    Transport transport =
        switch (form.group(1)) {
          case "tcp" -> Transport.TCP;
          case "quic" -> Transport.QUIC;
          default ->
              throw new IllegalArgumentException(
                  "'" + form.group(1) + "' of '" + text + "' should be tcp or quic");
        };
    InetAddress ip =
        form.group(2) != null
            ? literal(
                IPV6,
                form.group(2),
                "an IPv6 address, or has a zone that is no interface here",
                text)
            : literal(IPV4, form.group(3), "an IPv4 address (IPv6 goes in brackets)", text);
    return new ListenAddress(transport, new InetSocketAddress(ip, port(form.group(4), text)));
  }

  /** The same place, with a random port. */
  ListenAddress anyPort() {
    return new ListenAddress(transport, new InetSocketAddress(socket.getAddress(), 0));
  }

  private static InetAddress literal(Pattern form, String host, String what, String text) {
    if (form.matcher(host).matches()) {
      try {
        return InetAddress.getByName(host);
      } catch (UnknownHostException e) {
        // A literal that is none after all, or a zone that this host lacks.
      }
    }
    throw new IllegalArgumentException("'" + host + "' of '" + text + "' is not " + what);
  }

  private static int port(String digits, String text) {
    int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : -1;
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "the port '" + digits + "' of '" + text + "' is not a number from 0 to 65535");
    }
    return port;
  }

  /** Almost the text form: for messages. */
  @Override
  public String toString() {
    String host = socket.getAddress().getHostAddress();
    return transport.name().toLowerCase(Locale.ROOT)
        + "://"
        + (host.contains(":") ? "[" + host + "]" : host)
        + ":"
        + socket.getPort();
  }
}
