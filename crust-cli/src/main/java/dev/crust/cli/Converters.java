package dev.crust.cli;

import dev.crust.CrustAddress;
import java.net.InetSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How the values of options are read. */
final class Converters {
  private Converters() {}

  private static <T> T read(String text, Function<String, T> parse) {
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }

  /** A crust address or a bare peer id. */
  static final class Address implements ITypeConverter<CrustAddress> {
    @Override
    public CrustAddress convert(String text) {
      return read(text, CrustAddress::parse);
    }
  }

  /** One place to listen. */
  static final class Listen implements ITypeConverter<ListenAddress> {
    @Override
    public ListenAddress convert(String text) {
      return read(text, ListenAddress::parse);
    }
  }

  /** Seconds, with or without a fraction. */
  static final class Seconds implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      if (!text.matches("[0-9]{1,7}(\\.[0-9]{1,9})?") || Double.parseDouble(text) < 0.001) {
        throw new TypeConversionException(
            "'" + text + "' is not a number of seconds from 0.001 to 9999999");
      }
      return Duration.ofNanos((long) (Double.parseDouble(text) * 1e9));
    }
  }

  /** How often: 1 or more. */
  static final class Count implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      if (!text.matches("[1-9][0-9]{0,8}")) {
        throw new TypeConversionException("'" + text + "' is not a number from 1 to 999999999");
      }
      return Integer.valueOf(text);
    }
  }

  /** A file; the empty name is none. */
  static final class File implements ITypeConverter<Path> {
    @Override
    public Path convert(String text) {
      if (text.isEmpty()) {
        throw new TypeConversionException("the name of a file is not empty");
      }
      try {
        return Path.of(text);
      } catch (InvalidPathException e) {
        throw new TypeConversionException("'" + text + "' is not the name of a file");
      }
    }
  }

  /** A network's name. */
  static final class Network implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (text.isBlank()) {
        throw new TypeConversionException("a network's name is not blank");
      }
      return text;
    }
  }

  /** {@code HOST:PORT}: a server's name or IP address. */
  static final class Server implements ITypeConverter<InetSocketAddress> {
    private static final String FORM =
        "(\\[[0-9a-fA-F:.%a-zA-Z0-9]+\\]|[A-Za-z0-9._-]+):([0-9]{1,5})";

    @Override
    public InetSocketAddress convert(String text) {
      boolean port = text.matches(FORM) && inRange(text.substring(text.lastIndexOf(':') + 1));
      if (!port) {
        throw new TypeConversionException("'" + text + "' is not of the form HOST:PORT");
      }
      int colon = text.lastIndexOf(':');
      return InetSocketAddress.createUnresolved(
          text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    private static boolean inRange(String digits) {
      int port = Integer.parseInt(digits);
      return port > 0 && port <= 65_535;
    }
  }

  /** {@code turn:HOST:PORT?transport=udp}, as in RFC 7065. */
  static final class Turn implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      String plain = text.replaceFirst("\\?transport=(udp|tcp)$", "");
      if (!plain.startsWith("turn:") || plain.contains("?")) {
        throw new TypeConversionException(
            "'" + text + "' is not of the form turn:HOST:PORT?transport=udp");
      }
      new Server().convert(plain.substring("turn:".length()));
      return text;
    }
  }
}
