package dev.crust.natlab.junit;

import dev.crust.natlab.kernel.Capture;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The labs of one test: brings scenarios up and closes them with the test. Thread-safe. */
public final class Labs implements AutoCloseable {
  private final Path logs;
  private final EventLog log = new EventLog();
  private final List<Captured> labs = new ArrayList<>();

  private record Captured(Lab lab, Optional<Capture> capture) {}

  Labs(Path logs) {
    this.logs = logs;
  }

  /** Brings a scenario up and captures what crosses its Internet. */
  public synchronized Lab up(Scenario scenario) throws InterruptedException {
    Lab lab = upUncaptured(scenario);
    labs.set(labs.size() - 1, new Captured(lab, Optional.of(lab.capture())));
    return lab;
  }

  /** Brings a scenario up that has more traffic than is worth writing down. */
  public synchronized Lab upUncaptured(Scenario scenario) throws InterruptedException {
    Lab lab = Lab.up(scenario, logs.resolve(String.valueOf(labs.size())));
    // Ours already while its capture starts, so that it is closed whatever comes.
    labs.add(new Captured(lab, Optional.empty()));
    return lab;
  }

  EventLog log() {
    return log;
  }

  /** What one wants to know when the test has failed. */
  synchronized String report() {
    StringBuilder text = new StringBuilder(log.text());
    for (Captured each : labs) {
      Lab lab = each.lab();
      text.append("== lab ").append(lab.prefix()).append('\n').append(lab.scenario().text());
      lab.events().forEach(line -> text.append(line).append('\n'));
      text.append(lab.tables());
      each.capture()
          .ifPresent(capture -> text.append("== capture ").append(capture.file()).append('\n'));
    }
    return text.toString();
  }

  /** Closes all labs, the last one first. */
  @Override
  public synchronized void close() {
    for (int i = labs.size() - 1; i >= 0; i--) {
      labs.get(i).lab().close();
    }
    labs.clear();
  }
}
