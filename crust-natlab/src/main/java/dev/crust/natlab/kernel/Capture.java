package dev.crust.natlab.kernel;

import java.nio.file.Path;
import java.time.Duration;

/** A running packet capture (tcpdump). Thread-safe. */
public final class Capture implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final HostProcess tcpdump;
  private final Path file;

  private Capture(HostProcess tcpdump, Path file) {
    this.tcpdump = tcpdump;
    this.file = file;
  }

  static Capture start(Host host, String networkInterface, Path file) throws InterruptedException {
    HostProcess tcpdump =
        host.start(
            "tcpdump",
            "-i",
            networkInterface,
            "-U",
            "--immediate-mode",
            "-n",
            "-Z",
            "root",
            "-w",
            file.toString());
    tcpdump.awaitOutput("listening on", PATIENCE);
    return new Capture(tcpdump, file);
  }

  /** The pcap file; each packet is written at once, and the file outlives the lab. */
  public Path file() {
    return file;
  }

  /** Ends the capture. */
  @Override
  public void close() {
    tcpdump.stop();
  }
}
