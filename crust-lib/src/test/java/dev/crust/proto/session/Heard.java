package dev.crust.proto.session;

import dev.crust.Message;
import java.util.ArrayList;
import java.util.List;

/** What a session tells its listener, in words. */
final class Heard implements Session.Listener<String> {
  final List<String> events = new ArrayList<>();

  @Override
  public void onMessage(Message message) {
    events.add("message %d: %d".formatted(message.priority(), message.length()));
  }

  @Override
  public void onAcknowledged(List<String> receipts) {
    events.add("acknowledged " + String.join(" ", receipts));
  }

  @Override
  public void onPong(long number) {
    events.add("pong " + number);
  }

  @Override
  public void onClose(String reason, String detail) {
    events.add("close %s %s".formatted(reason, detail));
  }
}
