package dev.crust.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crust.natlab.kernel.Host;
import dev.crust.natlab.kernel.HostProcess;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.Scenario;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What connections make of a line of 50 Mbit/s with 40 ms there and back that loses one packet in a
 * hundred each way: beside bare QUIC, and beside iperf3 with the same congestion control, which
 * decides more than all else. QUIC's is CUBIC, TCP's is the kernel's own. All run at once, each on
 * a line of its own. One connection gets a tenth of such a line by CUBIC, and all by BBR; where the
 * line has room several share it, lest chance matters.
 */
@Tag("full")
@Timeout(300)
final class LossyLineTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path KERNELS_CONTROL = Path.of("/proc/sys/net/ipv4/tcp_congestion_control");
  private static final int SECONDS = 45;
  private static final int PATIENCE_SECONDS = 60;
  private static final int CONTENDERS = 5;
  private static final int FEW = 6;

  /** Of two lines, so that it is 20 ms from host to host. */
  private static final Link FAR = Link.DEFAULT.withDelay(Duration.ofMillis(10));

  private static final Link NEAR = FAR.withRate(50_000_000).withLoss(0.01);

  @Test
  void as_much_as_others() throws Exception {
    Optional<String> missing = Lab.missing();
    assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
    String control = Files.readString(KERNELS_CONTROL).strip();
    int many = control.equals("bbr") ? 1 : FEW;
    try (Lab lab = Lab.up(scenario())) {
      Flows bare = Flows.start(lab, 0, "bare", FEW);
      Flows quic = Flows.start(lab, 1, "quic", FEW);
      Flows tcp = Flows.start(lab, 2, "tcp", many);
      HostProcess cubicClient = iperf(lab, 3, "cubic", FEW);
      HostProcess kernelClient = iperf(lab, 4, control, many);
      List<Flows> ours = List.of(bare, quic, tcp);
      for (Flows each : ours) {
        each.begin();
      }
      double cubic = iperfMegabits(cubicClient);
      double kernel = iperfMegabits(kernelClient);
      for (Flows each : ours) {
        each.end();
      }
      String story =
          "Mbit/s of %d with cubic: bare quic %.1f, our quic %.1f, iperf3 %.1f; "
                  .formatted(FEW, bare.megabits(), quic.megabits(), cubic)
              + "of %d with %s: our tcp %.1f, iperf3 %.1f"
                  .formatted(many, control, tcp.megabits(), kernel);
      System.out.println(story);
      assertThat(quic.megabits()).as(story).isGreaterThanOrEqualTo(0.9 * bare.megabits());
      assertThat(quic.megabits()).as(story).isGreaterThanOrEqualTo(0.7 * cubic);
      assertThat(tcp.megabits()).as(story).isGreaterThanOrEqualTo(0.7 * kernel);
    }
  }

  private static Scenario scenario() {
    List<Element> hosts = new ArrayList<>();
    for (int i = 0; i < CONTENDERS; i++) {
      hosts.add(Scenario.publicHost("near" + i).withLink(NEAR));
      hosts.add(Scenario.publicHost("far" + i).withLink(FAR));
    }
    return new Scenario(hosts);
  }

  /** Sends for as long as the others, and is not counted before it has got going. */
  private static HostProcess iperf(Lab lab, int line, String control, int count) throws Exception {
    Host far = lab.host("far" + line);
    HostProcess server = far.start("iperf3", "-s", "-1", "--forceflush");
    server.awaitOutput("Server listening", Duration.ofSeconds(PATIENCE_SECONDS));
    List<String> command = new ArrayList<>(List.of("iperf3", "-J", "-O", "5"));
    command.addAll(List.of("-c", far.address().getHostAddress(), "-t", String.valueOf(SECONDS)));
    command.addAll(List.of("-C", control, "-P", String.valueOf(count)));
    return lab.host("near" + line).start(command);
  }

  private static double iperfMegabits(HostProcess client) throws Exception {
    int code = client.await(Duration.ofSeconds(SECONDS + PATIENCE_SECONDS));
    JsonNode report = JSON.readTree(client.output());
    assertThat(code).as(client.output() + client.errors()).isZero();
    return report.at("/end/sum_received/bits_per_second").asDouble() / 1e6;
  }

  /** The two ends of {@link LossyFlows} on one line. */
  private static final class Flows implements HostProcess.Listener {
    private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private volatile String last = "";
    private double bytes;
    private double nanos;

    static Flows start(Lab lab, int line, String kind, int count) throws Exception {
      Flows flows = new Flows();
      run(lab.host("far" + line), kind, flows);
      String address = flows.next();
      run(lab.host("near" + line), kind, new Flows(), address, String.valueOf(count));
      return flows;
    }

    private static void run(Host host, String kind, Flows listener, String... more) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      if (Runtime.version().feature() >= 24) {
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
      }
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(List.of(LossyFlows.class.getName(), kind, host.address().getHostAddress()));
      command.addAll(List.of(more));
      host.start(command, Map.of(), listener);
    }

    @Override
    public void onLine(String line) {
      last = line;
      lines.add(line);
    }

    @Override
    public void onEnd() {}

    private String next() throws InterruptedException {
      String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (line == null) {
        throw new AssertionError("no more lines after " + last);
      }
      return line;
    }

    /** Counts from the first megabyte that has come. */
    void begin() throws InterruptedException {
      for (int tries = 0; bytes < 1e6; tries++) {
        assertThat(tries).as("lines before a megabyte has come").isLessThan(PATIENCE_SECONDS);
        read(next(), 0);
      }
      lines.clear();
      read(next(), 0);
    }

    void end() {
      read(last, 1);
    }

    private void read(String line, int sign) {
      String[] words = line.split(" ", -1);
      bytes = Double.parseDouble(words[0]) - sign * bytes;
      nanos = Double.parseDouble(words[1]) - sign * nanos;
    }

    double megabits() {
      return bytes * 8e3 / nanos;
    }
  }
}
