package dev.crust.proto.session;

import dev.crust.Message;
import java.nio.ByteBuffer;
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
  public void onPong(SessionPath<String> path, long number) {
    events.add("pong " + number);
  }

  @Override
  public void onClose(SessionPath<String> path, String reason, String detail) {
    events.add("close %s %s".formatted(reason, detail));
  }

  @Override
  public void onPeerUses(SessionPath<String> path) {}

  @Override
  public void onStream(long id, int priority) {
    events.add("stream %d of priority %d".formatted(id, priority));
  }

  @Override
  public void onService(long id, long service) {
    events.add("stream %d for service %d".formatted(id, service));
  }

  @Override
  public void onStreamBytes(long id, ByteBuffer bytes) {
    events.add("stream %d: %d".formatted(id, bytes.remaining()));
    bytes.position(bytes.limit());
  }

  @Override
  public void onStreamEnd(long id) {
    events.add("stream %d ended".formatted(id));
  }

  @Override
  public void onStreamReset(long id, long code) {
    events.add("stream %d reset %d".formatted(id, code));
  }

  @Override
  public void onStreamStopped(long id, long code, long dropped) {
    events.add("stream %d stopped %d, %d dropped".formatted(id, code, dropped));
  }

  @Override
  public void onStreamAcknowledged(long id, int bytes) {
    events.add("stream %d: %d acknowledged".formatted(id, bytes));
  }

  @Override
  public void onStreamForgotten(long id) {
    events.add("stream %d forgotten".formatted(id));
  }
}
