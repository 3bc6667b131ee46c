package dev.crust.natlab.kernel;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Runs coturn on a public host: STUN on two addresses (RFC 5780) and TURN. */
final class Coturn {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private Coturn() {}

  static HostProcess start(Host host) {
    List<String> command = new ArrayList<>(List.of("turnserver", "-n"));
    for (InetAddress address : host.addresses()) {
      if (address instanceof Inet4Address) {
        command.addAll(List.of("--listening-ip", address.getHostAddress()));
      }
    }
    command.addAll(List.of("--no-tls", "--no-dtls", "--no-cli", "--lt-cred-mech", "-u", "lab:lab"));
    command.addAll(List.of("-r", "natlab", "--log-file", "stdout", "--simple-log", "--pidfile"));
    command.add("/dev/null");
    command.addAll(List.of("--userdb", "/dev/null"));
    return host.start(command);
  }

  /** Waits until a started server answers: its last listener is that of TCP on the second port. */
  static void awaitReady(HostProcess server) throws InterruptedException {
    server.awaitOutput("Total General servers", PATIENCE);
  }
}
