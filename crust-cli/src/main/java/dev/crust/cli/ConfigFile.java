package dev.crust.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.crust.CrustAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a config file says: a JSON object whose keys are named as the options are.
 *
 * @param network the network's name
 * @param listen where to listen
 * @param identity the key file; a relative one is beside the config file
 * @param bootstrap endpoints to join through
 * @param unknown keys that this version does not know
 */
record ConfigFile(
    Optional<String> network,
    List<ListenAddress> listen,
    Optional<Path> identity,
    List<CrustAddress> bootstrap,
    List<String> unknown) {

  /** The config of one who has none. */
  static final ConfigFile NONE =
      new ConfigFile(Optional.empty(), List.of(), Optional.empty(), List.of(), List.of());

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Far above any config; what is larger is none. */
  private static final int MAX_SIZE = 1 << 20;

  /** Reads a file. */
  static ConfigFile read(Path file, Path home) throws CommandFailure {
    try {
      if (Files.size(file) > MAX_SIZE) {
        throw CommandFailure.usage("the config file '" + file + "' is larger than 1 MiB");
      }
      return new Reader(file, home).read(Files.readString(file, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw CommandFailure.usage(
          "the config file '%s' is not JSON: %s%s"
              .formatted(file, firstLine(e.getOriginalMessage()), at(e.getLocation())));
    } catch (IOException e) {
      throw CommandFailure.usage(
          "the config file '" + file + "' cannot be read: " + FileTrouble.of(e));
    }
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("");
  }

  private static String at(JsonLocation place) {
    return " (line %d, column %d)".formatted(place.getLineNr(), place.getColumnNr());
  }

  /** One pass over one file. */
  private static final class Reader {
    private final Path file;
    private final Path home;
    private Optional<String> network = Optional.empty();
    private final List<ListenAddress> listen = new ArrayList<>();
    private Optional<Path> identity = Optional.empty();
    private final List<CrustAddress> bootstrap = new ArrayList<>();
    private final List<String> unknown = new ArrayList<>();

    Reader(Path file, Path home) {
      this.file = file;
      this.home = home;
    }

    ConfigFile read(String text) throws IOException, CommandFailure {
      try (JsonParser json = JSON.createParser(text)) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          throw wrong(json, "should be a JSON object: {\"network\": …}");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String key = json.currentName();
          json.nextToken();
          value(json, key);
        }
        if (json.nextToken() != null) {
          throw wrong(json, "goes on after its end");
        }
      }
      return new ConfigFile(network, listen, identity, bootstrap, unknown);
    }

    private void value(JsonParser json, String key) throws IOException, CommandFailure {
      switch (key) {
        case "network" ->
            network = Optional.of(string(json, key, new Converters.Network()::convert));
        case "identity" ->
            identity = Optional.of(path(string(json, key, new Converters.File()::convert)));
        case "listen" -> strings(json, key, ListenAddress::parse, listen);
        case "bootstrap" -> strings(json, key, CrustAddress::parse, bootstrap);
        default -> {
          unknown.add(key);
          json.skipChildren();
        }
      }
    }

    private <T> T string(JsonParser json, String key, Function<String, T> parse)
        throws IOException, CommandFailure {
      if (json.currentToken() != JsonToken.VALUE_STRING) {
        throw wrong(json, "has no text at '" + key + "'");
      }
      try {
        return parse.apply(json.getText());
      } catch (IllegalArgumentException | picocli.CommandLine.TypeConversionException e) {
        throw wrong(json, "is wrong at '" + key + "': " + e.getMessage());
      }
    }

    private <T> void strings(JsonParser json, String key, Function<String, T> parse, List<T> into)
        throws IOException, CommandFailure {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw wrong(json, "has no list of texts at '" + key + "'");
      }
      while (json.nextToken() != JsonToken.END_ARRAY) {
        into.add(string(json, key, parse));
      }
    }

    private Path path(Path named) {
      Path beside = file.toAbsolutePath().resolveSibling(named);
      return named.startsWith("~") && named.getNameCount() > 1
          ? home.resolve(named.subpath(1, named.getNameCount()))
          : beside;
    }

    private CommandFailure wrong(JsonParser json, String what) {
      return CommandFailure.usage(
          "the config file '" + file + "' " + what + at(json.currentTokenLocation()));
    }
  }
}
