package dev.crust.natlab.sim;

import java.util.function.Consumer;

/** Writes what happens as text: one line each, the virtual time in seconds first. */
final class EventLog {
  private final Timeline timeline;
  private final Consumer<String> sink;

  EventLog(Timeline timeline, Consumer<String> sink) {
    this.timeline = timeline;
    this.sink = sink;
  }

  void write(String where, String what) {
    long nanos = timeline.nanos();
    String micros = Long.toString(nanos / 1000 % 1_000_000 + 1_000_000).substring(1);
    sink.accept(nanos / 1_000_000_000 + "." + micros + " " + where + " " + what);
  }

  void write(String where, String verb, Packet packet) {
    write(where, verb + " " + packet);
  }
}
