package dev.crust.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What makes no sense is refused in one sentence, with code 2, and nothing half-done. */
final class BadInputTest {
  private static final String PEER = Fixtures.peer(1).toString();

  private final Path home;

  BadInputTest(@TempDir Path home) {
    this.home = home;
  }

  private record Result(int code, String out, String err) {}

  private Result run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Streams streams =
        new Streams(
            InputStream.nullInputStream(),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            home);
    int code = Main.run(streams, args);
    return new Result(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private void refused(String why, String... args) throws IOException {
    Result result = run(args);
    assertThat(result.err).contains(why);
    assertThat(result.err.lines()).as(result.err).hasSize(1);
    assertThat(result.out).isEmpty();
    assertThat(result.code).isEqualTo(CommandFailure.USAGE);
    assertThat(home.resolve(".config")).as("nothing half-done").doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                     | Missing command
          dance                                  | 'dance'
          node --dance                           | '--dance'
          node surplus                           | 'surplus'
          node --network                         | --network
          node --listen 127.0.0.1:0              | is not of the form tcp://IP:PORT
          node --listen tcp://1.2.3.4:0,tcp://x:0| 'x'
          node --bootstrap crust://x             | 'x' has 1
          node --bootstrap PEER/                 | does not begin with crust://
          node --bootstrap crust://PEER/?tcp=1   | the candidate tcp= '1' has no port
          node --bootstrap crust://PEER/?tcp=0.0.0.0:1 | is not an address to dial
          node --bootstrap crust://PEER/?tcp     | 'tcp' is not of the form name=value
          node --bootstrap crust://PEER/?via=y   | 'y' has 1
          node --stun example.org                | HOST:PORT
          node --stun example.org:0              | HOST:PORT
          node --turn example.org:1              | turn:HOST:PORT
          node --turn turn:example.org           | HOST:PORT
          node --turn-user me                    | need --turn
          node --transport smoke                 | 'smoke'
          node --ephemeral --identity f          | mutually exclusive
          node --relay --no-relay                | mutually exclusive
          node --cache f --no-cache              | mutually exclusive
          node -v -q                             | mutually exclusive
          node --network a --network b           | only once
          node --config /nowhere/config.json     | '/nowhere/config.json' cannot be read: no such file
          node --config /                        | cannot be read
          ping                                   | ADDR
          ping crust://x                         | 'x' has 1
          ping PEER -c 0                         | '0' is not a number
          ping PEER -c many                      | 'many' is not a number
          ping PEER --timeout 0                  | '0' is not a number of seconds
          ping PEER --timeout 1e9                | '1e9' is not a number of seconds
          ping PEER --timeout -1                 | '-1'
          ping PEER --interval soon              | 'soon' is not a number of seconds
          discover --seconds 0                   | '0' is not a number of seconds
          discover --no-beacon                   | --no-beacon
          identity surplus                       | 'surplus'
          identity --identity /                  | '/' is a directory
          """)
  void onTheCommandLine(String line, String why) throws IOException {
    String[] args =
        Stream.of(line.replace("PEER", PEER).split(" ", -1))
            .filter(word -> !word.isEmpty())
            .toArray(String[]::new);
    refused(why, args);
  }

  @Test
  void blankNames() throws IOException {
    refused("not blank", "node", "--network", " ");
    refused("not empty", "node", "--config", "");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ``                               | should be a JSON object
          []                               | should be a JSON object
          {                                | is not JSON
          {"network": public}              | is not JSON
          {"network": 5}                   | no text at 'network' (line 1, column 13)
          {"network": ""}                  | wrong at 'network'
          {"listen": "tcp://0.0.0.0:0"}    | no list of texts at 'listen' (line 1, column 12)
          {"listen": [1]}                  | no text at 'listen' (line 1, column 13)
          {"listen": ["tcp://0.0.0.0"]}    | wrong at 'listen': 'tcp://0.0.0.0' is not of the form
          {"bootstrap": ["crust://x"]}     | wrong at 'bootstrap': a peer id has 52 characters
          {"identity": null}               | no text at 'identity'
          {"network": "a", "network": "b"} | Duplicate field 'network'
          {"network": "a"} {}              | goes on after its end (line 1, column 18)
          {"network": "a"}}                | is not JSON
          """)
  void inTheConfig(String json, String why) throws IOException {
    Path config = home.resolve("config.json");
    Files.writeString(config, json);
    refused(why, "node", "--config", config.toString());
    refused("'" + config + "'", "node", "--config", config.toString());
  }

  @Test
  void inTheKeyFile() throws IOException {
    Path key = home.resolve("key");
    for (String content : List.of("", "hello", "-----BEGIN PRIVATE KEY-----\nMC4CAQ")) {
      Files.deleteIfExists(key);
      Files.createFile(
          key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(key, content);
      refused("'" + key + "'", "node", "--identity", key.toString());
      refused("'" + key + "'", "identity", "--identity", key.toString());
    }
  }

  @Test
  void aKeyThatOthersMayRead() throws IOException {
    Path key = home.resolve("key");
    assertThat(run("identity", "--identity", key.toString()).code).isZero();
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    refused("chmod 600", "node", "--identity", key.toString());
  }

  @Test
  void helpOnEveryCommand() {
    for (String command : List.of("identity", "node", "ping", "discover")) {
      Result help = run(command, "--help");
      assertThat(help.code).isZero();
      assertThat(help.out).startsWith("Usage: crust " + command);
      assertThat(help.err).isEmpty();
    }
    assertThat(run("--help").out).contains("identity", "node", "ping", "discover");
  }

  @Test
  void anIdentityStaysTheSame() {
    Result first = run("identity", "--json");
    assertThat(first.out).matches("\\{\"event\":\"identity\",\"id\":\"[a-z2-7]{52}\"}\n");
    assertThat(run("identity", "--json").out).isEqualTo(first.out);
    assertThat(home.resolve(".config/crust/identity")).exists();
    assertThat(run("identity", "--ephemeral").out).isNotEqualTo(first.out);
  }
}
