package dev.crust.io.beacon;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.Transport;
import dev.crust.spi.Discovery;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.List;

/**
 * A process that runs one beacon, for a namespace of its own: says who it is, then whom it finds,
 * until its input ends. Listens, so it claims, on every address of its host.
 */
final class BeaconProbe {
  private BeaconProbe() {}

  public static void main(String[] arguments) throws IOException {
    TestSite site = new TestSite(arguments[0], BeaconProbe::everywhere);
    System.out.println("self " + site.self());
    Thread printer = new Thread(() -> print(site), "printer");
    printer.setDaemon(true);
    printer.start();
    Discovery.Search search = new Beacon().start(site);
    int unused = System.in.read(); // returns when the parent says so, or is no more
    search.close();
  }

  private static void print(TestSite site) {
    try {
      for (CrustAddress next = site.found.take(); ; next = site.found.take()) {
        site.warnings.forEach(sentence -> System.out.println("warn " + sentence));
        System.out.println("found " + next.peer() + " " + next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<Candidate> everywhere() {
    try {
      return Interfaces.list().stream()
          .flatMap(each -> each.addresses().stream())
          .map(each -> new Candidate(Transport.TCP, new InetSocketAddress(each.ip(), 4001)))
          .toList();
    } catch (SocketException e) {
      return List.of();
    }
  }
}
