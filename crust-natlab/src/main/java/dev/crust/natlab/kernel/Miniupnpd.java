package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Subnet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** Runs miniupnpd on a router: UPnP IGD, NAT-PMP and PCP. */
final class Miniupnpd {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * Ranges that stand for the public Internet here and that miniupnpd takes for reserved, as it has
   * them in its table: the address, and 32 less the length of the prefix.
   */
  private static final List<int[]> PUBLIC_HERE =
      List.of(new int[] {0xC6120000, 17}, new int[] {0xC6336400, 8}, new int[] {0xCB007100, 8});

  private Miniupnpd() {}

  static HostProcess start(Host router, Subnet lan, Path directory) throws InterruptedException {
    Path program =
        Programs.find("miniupnpd")
            .orElseThrow(() -> new LabException("UPnP needs miniupnpd, of miniupnpd-nftables"));
    Path settings = directory.resolve(router.name() + "-miniupnpd.conf");
    try {
      Files.writeString(settings, settings(lan));
    } catch (IOException e) {
      throw new LabException("cannot write " + settings, e);
    }
    HostProcess daemon =
        router.start(
            Programs.altered(program, Miniupnpd::trustful).toString(),
            "-d",
            "-f",
            settings.toString(),
            "-P",
            directory.resolve(router.name() + "-miniupnpd.pid").toString());
    daemon.awaitOutput("HTTP listening on port", PATIENCE);
    return daemon;
  }

  private static String settings(Subnet lan) {
    return String.join(
        "\n",
        "ext_ifname=wan",
        "listening_ip=lan",
        "port=0",
        "enable_upnp=yes",
        "enable_natpmp=yes",
        "secure_mode=yes",
        "system_uptime=yes",
        "notify_interval=60",
        "clean_ruleset_interval=600",
        "uuid=" + UUID.nameUUIDFromBytes(lan.network().getAddress()),
        "upnp_table_name=natlab",
        "upnp_nat_table_name=natlab",
        "upnp_forward_chain=miniupnpd",
        "upnp_nat_chain=prerouting_miniupnpd",
        "upnp_nat_postrouting_chain=postrouting_miniupnpd",
        "min_lifetime=10",
        "max_lifetime=86400",
        "allow 1024-65535 " + lan + " 1024-65535",
        "deny 0-65535 0.0.0.0/0 0-65535",
        "");
  }

  /** The program with those entries of its table turned into one that matches no address. */
  private static byte[] trustful(byte[] program) {
    byte[] changed = program.clone();
    for (int[] range : PUBLIC_HERE) {
      byte[] entry = entry(range[0], range[1]);
      byte[] harmless = entry(-1, 0);
      for (int at = 0; at + entry.length <= changed.length; at++) {
        if (java.util.Arrays.equals(changed, at, at + entry.length, entry, 0, entry.length)) {
          System.arraycopy(harmless, 0, changed, at, harmless.length);
        }
      }
    }
    return changed;
  }

  private static byte[] entry(int address, int hostBits) {
    return ByteBuffer.allocate(8)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(address)
        .putInt(hostBits)
        .array();
  }
}
