package dev.crust.cli;

import dev.crust.Attempt;
import dev.crust.Event;
import dev.crust.Reason;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi;

/** Notices as lines for people. */
final class TextLines {
  private final Ansi ansi;
  private final Verbosity verbosity;

  TextLines(boolean colours, Verbosity verbosity) {
    this.ansi = colours ? Ansi.ON : Ansi.OFF;
    this.verbosity = verbosity;
  }

  /** The lines, without the last line feed; empty if the person does not want to know. */
  Optional<String> of(Notice notice) {
    if (verbosity == Verbosity.QUIET && !answer(notice)) {
      return Optional.empty();
    }
    return Optional.of(lines(notice));
  }

  /** Whether somebody waits for this, rather than being told on the way. */
  private static boolean answer(Notice notice) {
    return !(notice instanceof Notice.Happened
        || notice instanceof Notice.Bootstrapped
        || notice instanceof Notice.StreamOpened
        || notice instanceof Notice.StreamEnded
        || notice instanceof Notice.Remark);
  }

  private String lines(Notice notice) {
    if (notice instanceof Notice.Happened it) {
      return line(it.event());
    } else if (notice instanceof Notice.Identified it) {
      return it.id().toString();
    } else if (notice instanceof Notice.Received it) {
      return head("cyan", "message", it.peer()) + Text.printable(it.message().text());
    } else if (notice instanceof Notice.Ponged it) {
      return head("green", "pong", it.peer())
          + "%d: %s over %s"
              .formatted(it.seq(), Text.time(it.pong().roundTrip()), it.pong().path());
    } else if (notice instanceof Notice.Bootstrapped it) {
      return head("green", "bootstrapped", it.peer()) + "in " + Text.time(it.elapsed());
    } else if (notice instanceof Notice.BootstrapFailed it) {
      return head("red", "bootstrap failed", "")
          + "tried "
          + it.tried().stream()
              .map(one -> one.peer() + " (" + one.reason().sentence() + ")")
              .collect(Collectors.joining(", "))
          + "; trying again";
    } else if (notice instanceof Notice.Peers it) {
      return peers(it.peers());
    } else if (notice instanceof Notice.Report it) {
      return report(it);
    } else if (notice instanceof Notice.CommandFailed it) {
      return head("red", "failed", Text.printable(it.command())) + Text.printable(it.reason());
    } else if (notice instanceof Notice.Remark it) {
      return it.text();
    }
    return stream(notice);
  }

  private String stream(Notice notice) {
    if (notice instanceof Notice.StreamOpened it) {
      return head("green", "stream", it.peer()) + "open";
    } else if (notice instanceof Notice.StreamEnded it) {
      return head("yellow", "stream", it.peer())
          + "over, %d bytes out, %d bytes in".formatted(it.sent(), it.received())
          + (it.reason().isEmpty() ? "" : ": " + Text.printable(it.reason()));
    } else if (notice instanceof Notice.Throughput it) {
      return head("green", it.up() ? "up" : "down", "")
          + String.format(
              Locale.ROOT,
              "%.1f MB/s for %s over %s",
              Text.perSecond(it.bytes() / 1e6, it.time()),
              Text.time(it.time()),
              it.path());
    } else if (notice instanceof Notice.RoundTrips it) {
      return head("green", "round trips", "")
          + "p50 %s, p99 %s, %d of them over %s"
              .formatted(Text.time(it.p50()), Text.time(it.p99()), it.count(), it.path());
    } else if (notice instanceof Notice.Connections it) {
      return head("green", "connections", "")
          + String.format(
              Locale.ROOT,
              "%.1f a second, one after the other, %d in %s",
              Text.perSecond(it.count(), it.time()),
              it.count(),
              Text.time(it.time()));
    }
    throw new IllegalStateException("no text for " + notice);
  }

  private String line(Event event) {
    if (event instanceof Event.Listening it) {
      return head("bold", "listening", it.address());
    } else if (event instanceof Event.Connected it) {
      return head("green", "connected", it.connection().peer())
          + it.path()
          + " in "
          + Text.time(it.elapsed())
          + (verbosity == Verbosity.VERBOSE ? attempts(it.attempts()) : "");
    } else if (event instanceof Event.ConnectFailed it) {
      return head("red", "no connection", it.peer())
          + it.reason().sentence()
          + attempts(it.attempts());
    } else if (event instanceof Event.PathChanged it) {
      return head("yellow", "path changed", it.connection().peer())
          + it.from().map(path -> "from " + path + " ").orElse("")
          + it.to().map(path -> "to " + path).orElse("and none is left for now")
          + ": "
          + it.reason().sentence();
    } else if (event instanceof Event.StaysRelayed it) {
      return head("yellow", "stays relayed", it.connection().peer())
          + Text.printable(it.sentence())
          + (verbosity == Verbosity.VERBOSE ? attempts(it.attempts()) : "");
    } else if (event instanceof Event.Reachability it) {
      return head("blue", "reachability", "") + "TCP " + it.tcp() + ", UDP " + it.udp();
    } else if (event instanceof Event.Expired it) {
      return head("yellow", "expired", it.connection().peer()) + it.message();
    } else if (event instanceof Event.Lost it) {
      return head("yellow", "lost", it.connection().peer()) + why(it.reason(), it.detail());
    } else if (event instanceof Event.Discovered it) {
      return head("blue", "discovered", it.address()) + "by " + it.source();
    } else if (event instanceof Event.Refused it) {
      return head("yellow", "refused", it.source().getHostAddress())
          + why(it.reason(), it.detail())
          + (it.count() > 1 ? ", " + it.count() + " times" : "");
    } else if (event instanceof Event.Warning it) {
      return head("yellow", "warning", "") + Text.printable(it.sentence());
    } else if (event instanceof Event.Missed it) {
      return head("yellow", "missed", it.count()) + "events";
    }
    throw new IllegalStateException("no text for " + event);
  }

  private String head(String style, String word, Object subject) {
    String about = subject.toString();
    return ansi.string("@|" + style + " " + word + "|@ ") + (about.isEmpty() ? "" : about + " ");
  }

  private static String why(Reason reason, String detail) {
    return reason.sentence() + (detail.isEmpty() ? "" : " (" + Text.printable(detail) + ")");
  }

  private static String attempts(List<Attempt> attempts) {
    return attempts.isEmpty()
        ? ""
        : attempts.stream()
            .map(attempt -> Text.printable(attempt.toString()))
            .collect(Collectors.joining("; ", " [", "]"));
  }

  private static String peers(List<Notice.Peers.Peer> peers) {
    return peers.isEmpty()
        ? "no peer is connected"
        : peers.stream()
            .map(it -> it.peer() + " over " + it.path() + " for " + Text.time(it.since()))
            .collect(Collectors.joining(System.lineSeparator()));
  }

  private static String report(Notice.Report report) {
    String refused =
        report.refusals().isEmpty()
            ? "none"
            : report.refusals().entrySet().stream()
                .map((Map.Entry<Reason, Long> it) -> it.getKey() + " " + it.getValue())
                .collect(Collectors.joining(", "));
    return String.join(
        System.lineSeparator(),
        report.address().toString(),
        "network " + Text.printable(report.network()) + ", up for " + Text.time(report.uptime()),
        peers(report.peers()),
        report.retrying() + " more will be dialled",
        report.received() + " messages received",
        "refused: " + refused);
  }
}
