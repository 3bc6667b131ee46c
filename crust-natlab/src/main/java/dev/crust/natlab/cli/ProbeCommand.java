package dev.crust.natlab.cli;

import dev.crust.natlab.verify.Probe;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "probe",
    description = "Tells what NAT is in front of this host, by a STUN server of two addresses.")
final class ProbeCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "ADDRESS", description = "The STUN server.")
  private String server = "";

  @Option(names = "--port", description = "Its port, 3478 unless told otherwise.")
  private int port = 3478;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "ADDRESS",
      description = "The address of this host to speak from.")
  private String from = "";

  @Override
  public Integer call() throws Exception {
    Probe.of(InetAddress.getByName(from), new InetSocketAddress(server, port))
        .forEach((property, word) -> System.out.println(property + ": " + word));
    return 0;
  }
}
