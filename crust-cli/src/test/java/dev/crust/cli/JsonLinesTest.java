package dev.crust.cli;

import static dev.crust.cli.Fixtures.address;
import static dev.crust.cli.Fixtures.connection;
import static dev.crust.cli.Fixtures.failed;
import static dev.crust.cli.Fixtures.path;
import static dev.crust.cli.Fixtures.peer;
import static dev.crust.cli.Fixtures.won;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Connection;
import dev.crust.Event;
import dev.crust.Message;
import dev.crust.Path;
import dev.crust.Reason;
import dev.crust.spi.Profile;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The lines that other programs rely on, to the letter. */
final class JsonLinesTest {
  private static final String P1 = peer(1).toString();
  private static final String PATH =
      "{'transport':'tcp','method':'host','local':'127.0.0.1:4001','remote':'[::1]:4002','rttMs':0.42}";

  @Test
  void listening() {
    expect(
        new Event.Listening(address(1, 4001)),
        "{'event':'listening','id':'P1','address':'crust://P1/?tcp=192.0.2.1:4001',"
            + "'candidates':['tcp://192.0.2.1:4001']}");
  }

  @Test
  void connected() {
    expect(
        new Event.Connected(
            connection(peer(1)),
            connection(peer(1)).path(),
            Duration.ofMillis(262),
            List.of(failed(4001, Reason.REFUSED, "told by the host"), won(4002))),
        "{'event':'connected','peer':'P1','path':PATH,'elapsedMs':262.0,'attempts':["
            + "{'candidate':'tcp://192.0.2.1:4001','method':'direct','startedMs':0.0,'endedMs':12.0,"
            + "'outcome':'failed','reason':'refused','detail':'told by the host'},"
            + "{'candidate':'tcp://192.0.2.1:4002','method':'direct','startedMs':250.0,"
            + "'endedMs':262.346,'outcome':'won'}]}");
  }

  @Test
  void connectFailed() {
    expect(
        new Event.ConnectFailed(peer(1), Reason.NO_CANDIDATES, List.of()),
        "{'event':'connect-failed','peer':'P1','attempts':[],'reason':'no-candidates'}");
  }

  @Test
  void lost() {
    expect(
        new Event.Lost(connection(peer(1)), Reason.CLOSED_BY_PEER, ""),
        "{'event':'lost','peer':'P1','reason':'closed-by-peer'}");
  }

  @Test
  void discovered() {
    expect(
        new Event.Discovered(address(1, 4001), "beacon", 1),
        "{'event':'discovered','peer':'P1','address':'crust://P1/?tcp=192.0.2.1:4001',"
            + "'source':'beacon','hops':1}");
  }

  @Test
  void reachability() {
    expect(
        new Event.Reachability(Profile.Reachability.PUBLIC, Profile.Reachability.UNKNOWN),
        "{'event':'reachability','tcp':'public','udp':'unknown'}");
  }

  @Test
  void refusedWarningMissed() throws Exception {
    expect(
        new Event.Refused(
            InetAddress.getByName("192.0.2.9"),
            Optional.of(peer(1)),
            Reason.NETWORK_MISMATCH,
            "",
            3),
        "{'event':'refused','source':'192.0.2.9','peer':'P1','reason':'network-mismatch','count':3}");
    expect(new Event.Warning("so what"), "{'event':'warning','text':'so what'}");
    expect(new Event.Missed(7), "{'event':'missed','count':7}");
  }

  @Test
  void identity() {
    expect(new Notice.Identified(peer(1)), "{'event':'identity','id':'P1'}");
  }

  @Test
  void messageOnOneLineWhateverItHolds() {
    expect(
        new Notice.Received(peer(1), Message.of("a\nb\u001b ü").withPriority(0)),
        "{'event':'message','peer':'P1','priority':0,'text':'a\\nb\\u001B ü','bytes':7}");
  }

  @Test
  void pong() {
    expect(
        new Notice.Ponged(peer(1), 1, new Connection.Pong(Duration.ofNanos(1_000_400), path())),
        "{'event':'pong','peer':'P1','seq':1,'rttMs':1.0,'path':PATH}");
  }

  @Test
  void pathWithoutMeasurement() {
    Path unmeasured =
        new Path(
            path().transport(),
            path().method(),
            path().local(),
            path().remote(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    expect(
        new Notice.Ponged(peer(1), 2, new Connection.Pong(Duration.ofSeconds(20_000), unmeasured)),
        "{'event':'pong','peer':'P1','seq':2,'rttMs':20000000.0,'path':"
            + PATH.replace("0.42", "null")
            + "}");
  }

  @Test
  void pathByAnAddedMethod() {
    Path brought =
        new Path(
            path().transport(),
            Path.Method.OTHER,
            path().local(),
            path().remote(),
            Optional.empty(),
            Optional.of("http-connect"),
            path().roundTrip());
    expect(
        new Notice.Ponged(peer(1), 3, new Connection.Pong(Duration.ofMillis(1), brought)),
        "{'event':'pong','peer':'P1','seq':3,'rttMs':1.0,'path':"
            + PATH.replace("'host'", "'other'")
                .replace(",'rttMs'", ",'traversal':'http-connect','rttMs'")
            + "}");
  }

  @Test
  void pathByRelay() {
    Path relayed =
        new Path(
            path().transport(),
            Path.Method.RELAYED,
            path().local(),
            path().remote(),
            Optional.of(peer(2)),
            Optional.empty(),
            path().roundTrip());
    expect(
        new Notice.Ponged(peer(1), 3, new Connection.Pong(Duration.ofMillis(1), relayed)),
        "{'event':'pong','peer':'P1','seq':3,'rttMs':1.0,'path':"
            + PATH.replace("'host'", "'relayed'")
                .replace(",'rttMs'", ",'relay':'" + peer(2) + "','rttMs'")
            + "}");
  }

  @Test
  void bootstrap() {
    expect(
        new Notice.Bootstrapped(peer(1), Duration.ofMillis(12)),
        "{'event':'bootstrapped','peer':'P1','source':'configured','elapsedMs':12.0}");
    expect(
        new Notice.BootstrapFailed(
            List.of(
                new Notice.BootstrapFailed.Tried(
                    peer(1), Reason.REFUSED, List.of(failed(4001, Reason.REFUSED, ""))),
                new Notice.BootstrapFailed.Tried(peer(1), Reason.NO_CANDIDATES, List.of()))),
        "{'event':'bootstrap-failed','tried':["
            + "{'peer':'P1','candidate':'tcp://192.0.2.1:4001','reason':'refused'},"
            + "{'peer':'P1','candidate':null,'reason':'no-candidates'}]}");
  }

  @Test
  void peersAndReport() {
    Notice.Peers.Peer one = new Notice.Peers.Peer(peer(1), path(), Duration.ofSeconds(3));
    expect(
        new Notice.Peers(List.of(one)),
        "{'event':'peers','peers':[{'peer':'P1','path':PATH,'sinceMs':3000.0}]}");
    expect(
        new Notice.Report(
            address(1, 4001),
            "public",
            Duration.ofSeconds(9),
            List.of(one),
            2,
            5,
            Map.of(Reason.HANDSHAKE_FAILED, 4L)),
        "{'event':'report','id':'P1','network':'public','address':'crust://P1/?tcp=192.0.2.1:4001',"
            + "'candidates':['tcp://192.0.2.1:4001'],'uptimeMs':9000.0,"
            + "'peers':[{'peer':'P1','path':PATH,'sinceMs':3000.0}],'retrying':2,"
            + "'messagesReceived':5,'refusals':{'handshake-failed':4}}");
  }

  @Test
  void commandFailed() {
    expect(
        new Notice.CommandFailed("drop", "drop x", "why"),
        "{'event':'command-failed','command':'drop','reason':'why','line':'drop x'}");
  }

  @Test
  void remarksAreForPeople() {
    assertThat(JsonLines.of(new Notice.Remark("hm"))).isEmpty();
  }

  private static void expect(Event event, String line) {
    expect(new Notice.Happened(event), line);
  }

  private static void expect(Notice notice, String line) {
    assertThat(JsonLines.of(notice))
        .contains(line.replace("PATH", PATH).replace("P1", P1).replace('\'', '"'));
  }
}
