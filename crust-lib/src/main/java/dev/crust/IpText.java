package dev.crust;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes IP addresses with ports as text, without ever asking a name server. IPv6 is
 * written as RFC 5952 says, in brackets, with its zone where it has one.
 */
final class IpText {
  private IpText() {}

  static String format(InetSocketAddress address) {
    InetAddress ip = address.getAddress();
    String host = ip instanceof Inet6Address v6 ? "[" + format(v6) + "]" : ip.getHostAddress();
    return host + ":" + address.getPort();
  }

  /**
   * Reads {@code ip:port} or {@code [ipv6]:port}.
   *
   * @param what how the message names the text
   * @throws IllegalArgumentException if it is neither; the message names the wrong part
   */
  static InetSocketAddress parse(String text, String what) {
    int colon = text.lastIndexOf(':');
    if (colon < 0 || colon < text.lastIndexOf(']')) {
      throw new IllegalArgumentException(what + " '" + text + "' has no port");
    }
    String host = text.substring(0, colon);
    return new InetSocketAddress(parseIp(host, what), parsePort(text.substring(colon + 1), what));
  }

  private static int parsePort(String digits, String what) {
    boolean plain = digits.length() <= 5 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    int port = plain && !digits.isEmpty() ? Integer.parseInt(digits) : -1;
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          what + " has the port '" + digits + "', which is not a number from 0 to 65535");
    }
    return port;
  }

  private static InetAddress parseIp(String host, String what) {
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    String literal = bracketed ? host.substring(1, host.length() - 1) : host;
    InetAddress ip = bracketed ? ipv6(literal) : ipv4(literal);
    if (ip == null) {
      throw new IllegalArgumentException(
          what
              + " has the host '"
              + host
              + "', which is not "
              + (bracketed ? "an IPv6 address" : "an IPv4 address (IPv6 goes in brackets)"));
    }
    return ip;
  }

  private static @Nullable InetAddress ipv4(String literal) {
    String[] parts = literal.split("\\.", -1);
    if (parts.length != 4) {
      return null;
    }
    byte[] bytes = new byte[4];
    for (int i = 0; i < 4; i++) {
      if (!parts[i].matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(parts[i]) > 255) {
        return null;
      }
      bytes[i] = (byte) Integer.parseInt(parts[i]);
    }
    return byAddress(bytes);
  }

  private static @Nullable InetAddress ipv6(String literal) {
    int percent = literal.indexOf('%');
    String plain = percent < 0 ? literal : literal.substring(0, percent);
    if (!plain.contains(":") || !plain.matches("[0-9a-fA-F:.]+")) {
      return null;
    }
    try {
      // Only a literal reaches this call, so it reads and never resolves.
      byte[] bytes = InetAddress.getByName(plain).getAddress();
      if (bytes.length != 16) {
        return byAddress(bytes); // ::ffff:a.b.c.d
      }
      return percent < 0 ? byAddress(bytes) : inZone(bytes, literal.substring(percent + 1));
    } catch (UnknownHostException e) {
      return null;
    }
  }

  /** A zone that this host lacks is left off: the address then reads well and cannot be reached. */
  private static @Nullable InetAddress inZone(byte[] bytes, String zone)
      throws UnknownHostException {
    if (zone.isEmpty()) {
      return null;
    }
    try {
      NetworkInterface nif = NetworkInterface.getByName(zone);
      return nif == null ? byAddress(bytes) : Inet6Address.getByAddress(null, bytes, nif);
    } catch (SocketException e) {
      return byAddress(bytes);
    }
  }

  private static InetAddress byAddress(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** RFC 5952 §4: lower case, no leading zeros, the first longest run of zero groups shortened. */
  private static String format(Inet6Address ip) {
    byte[] bytes = ip.getAddress();
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = ((bytes[2 * i] & 0xff) << 8) | (bytes[2 * i + 1] & 0xff);
    }
    int from = -1;
    int length = 1;
    for (int i = 0; i < 8; i++) {
      int j = i;
      while (j < 8 && groups[j] == 0) {
        j++;
      }
      if (j - i > length) {
        from = i;
        length = j - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == from) {
        text.append("::");
        i += length - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i]));
      }
    }
    return text + zone(ip);
  }

  private static String zone(Inet6Address ip) {
    NetworkInterface nif = ip.getScopedInterface();
    if (nif != null) {
      return "%" + nif.getName();
    }
    if (ip.getScopeId() == 0) {
      return "";
    }
    try {
      NetworkInterface byIndex = NetworkInterface.getByIndex(ip.getScopeId());
      return byIndex == null ? "" : "%" + byIndex.getName();
    } catch (SocketException e) {
      return "";
    }
  }
}
