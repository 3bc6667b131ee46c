package dev.crust.natlab.junit;

import dev.crust.natlab.kernel.Capture;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The labs of one test: brings scenarios up and closes them with the test. Thread-safe. */
public final class Labs implements AutoCloseable {
  private final Path logs;
  private final EventLog log = new EventLog();
  private final List<Lab> labs = new ArrayList<>();
  private final List<Capture> captures = new ArrayList<>();

  Labs(Path logs) {
    this.logs = logs;
  }

  /** Brings a scenario up and captures what crosses its Internet. */
  public synchronized Lab up(Scenario scenario) throws InterruptedException {
    Lab lab = Lab.up(scenario, logs.resolve(String.valueOf(labs.size())));
    labs.add(lab);
    captures.add(lab.capture());
    return lab;
  }

  EventLog log() {
    return log;
  }

  /** What one wants to know when the test has failed. */
  synchronized String report() {
    StringBuilder text = new StringBuilder(log.text());
    for (int i = 0; i < labs.size(); i++) {
      Lab lab = labs.get(i);
      text.append("== lab ").append(lab.prefix()).append('\n').append(lab.scenario().text());
      lab.events().forEach(line -> text.append(line).append('\n'));
      text.append(lab.tables());
      text.append("== capture ").append(captures.get(i).file()).append('\n');
    }
    return text.toString();
  }

  /** Closes all labs, the last one first. */
  @Override
  public synchronized void close() {
    for (int i = labs.size() - 1; i >= 0; i--) {
      labs.get(i).close();
    }
    labs.clear();
  }
}
