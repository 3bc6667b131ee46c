package dev.crust.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.CrustAddress;
import dev.crust.EndpointBuilder.Punching;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.Transport;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

final class EndpointOptionsTest {
  private static final Set<Transport> BOTH = EnumSet.allOf(Transport.class);

  private static final String A = Fixtures.address(1, 4001).toString();
  private static final String B = Fixtures.address(1, 4002).toString();

  private final Path home;
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  EndpointOptionsTest(@TempDir Path home) {
    this.home = home;
  }

  @Command(name = "x")
  private static final class Bare {
    @Mixin EndpointOptions options = new EndpointOptions();
  }

  private static ListenAddress tcp(String socket) {
    return ListenAddress.parse("tcp://" + socket);
  }

  private Setup setup(String... args) throws CommandFailure {
    Bare bare = new Bare();
    CommandLine unused = new CommandLine(bare).setCaseInsensitiveEnumValuesAllowed(true);
    unused.parseArgs(args);
    return bare.options.setup(
        new Streams(
            InputStream.nullInputStream(),
            OutputStream.nullOutputStream(),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            home));
  }

  private String warnings() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void defaults() throws Exception {
    assertThat(setup())
        .isEqualTo(
            new Setup(
                new KeySource.DefaultFile(home.resolve(".config/crust/identity")),
                "public",
                List.of(),
                BOTH,
                List.of(),
                List.of(),
                true,
                Relaying.WHEN_PUBLIC,
                Punching.ON));
    assertThat(warnings()).isEmpty();
  }

  @Test
  void whatIsHereIsTaken() throws Exception {
    Setup setup =
        setup(
            ("--identity k --network n --listen tcp://127.0.0.1:1,tcp://[::1]:2 --no-beacon"
                    + " --no-cache --no-relay --transport tcp --stun a:1 --stun [::1]:2 --bootstrap "
                    + A
                    + " --bootstrap "
                    + B)
                .split(" ", -1));
    assertThat(setup)
        .isEqualTo(
            new Setup(
                new KeySource.NamedFile(Path.of("k")),
                "n",
                List.of(tcp("127.0.0.1:1"), tcp("[::1]:2")),
                Set.of(Transport.TCP),
                List.of(
                    InetSocketAddress.createUnresolved("a", 1),
                    InetSocketAddress.createUnresolved("[::1]", 2)),
                List.of(CrustAddress.parse(A + "&tcp=192.0.2.1:4002")),
                false,
                Relaying.NEVER,
                Punching.ON));
    assertThat(warnings()).isEmpty();
  }

  @Test
  void whatComesLaterIsOneWarning() throws Exception {
    Path password = Files.writeString(home.resolve("password"), "x");
    Setup setup =
        setup(
            ("--listen tcp://0.0.0.0:0,quic://[::]:0"
                    + " --turn turn:h:3478?transport=udp --turn-user u --turn-password-file "
                    + password
                    + " --relay --no-port-mapping --no-punch --transport quic --cache c")
                .split(" ", -1));
    assertThat(setup.listen()).hasSize(2);
    assertThat(setup.transports()).containsExactly(Transport.QUIC);
    assertThat(setup.relaying()).isEqualTo(Relaying.ALWAYS);
    assertThat(warnings().lines()).hasSize(1);
    assertThat(warnings()).contains("--turn", "--no-port-mapping", "--cache");
  }

  @Test
  void aTransportAloneNeedsAPlace() {
    assertThatThrownBy(() -> setup("--listen", "tcp://127.0.0.1:0", "--transport", "quic"))
        .isInstanceOf(CommandFailure.class)
        .hasMessage("--transport quic needs a place of quic://IP:PORT in --listen");
  }

  @Test
  void optionsWinOverTheConfig() throws Exception {
    Path config =
        Files.writeString(
            home.resolve("config.json"),
            """
            {
              "network": "n",
              "listen": ["tcp://127.0.0.1:1"],
              "identity": "key",
              "bootstrap": ["%s"],
              "limits": {"deep": [1, {"er": 2}]}
            }
            """
                .formatted(A));
    assertThat(setup("--config", config.toString()))
        .isEqualTo(
            new Setup(
                new KeySource.NamedFile(home.resolve("key")),
                "n",
                List.of(tcp("127.0.0.1:1")),
                BOTH,
                List.of(),
                List.of(CrustAddress.parse(A)),
                true,
                Relaying.WHEN_PUBLIC,
                Punching.ON));
    assertThat(warnings().lines()).hasSize(1);
    assertThat(warnings()).contains("limits");

    String[] over = {
      "--config", config.toString(), "--network", "m", "--ephemeral", "--bootstrap", B
    };
    assertThat(setup(over))
        .isEqualTo(
            new Setup(
                new KeySource.InMemory(),
                "m",
                List.of(tcp("127.0.0.1:1")),
                BOTH,
                List.of(),
                List.of(CrustAddress.parse(B)),
                true,
                Relaying.WHEN_PUBLIC,
                Punching.ON));
  }
}
