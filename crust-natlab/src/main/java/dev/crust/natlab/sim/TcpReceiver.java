package dev.crust.natlab.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The receiving half of a TCP connection: puts segments in order. */
final class TcpReceiver {
  private static final int WINDOW = 1 << 20;

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Piece(byte[] data, boolean fin) {}

  private final Map<Integer, Piece> early = new HashMap<>();
  private int next;
  private boolean ended;

  TcpReceiver(int next) {
    this.next = next;
  }

  /** The sequence number expected next. */
  int next() {
    return next;
  }

  boolean ended() {
    return ended;
  }

  boolean inWindow(int sequence) {
    int ahead = sequence - next;
    return ahead >= 0 && ahead < WINDOW;
  }

  /** Takes a segment; returns what is in order now. */
  List<byte[]> onData(int sequence, byte[] data, boolean fin) {
    List<byte[]> ready = new ArrayList<>();
    int behind = next - sequence;
    if (behind < 0) {
      if (-behind < WINDOW) {
        early.put(sequence, new Piece(data, fin));
      }
      return ready;
    }
    take(new Piece(data, fin), behind, ready);
    Piece piece = early.remove(next);
    while (piece != null) {
      take(piece, 0, ready);
      piece = early.remove(next);
    }
    return ready;
  }

  private void take(Piece piece, int known, List<byte[]> ready) {
    int end = piece.data().length + (piece.fin() ? 1 : 0);
    if (known >= end || ended) {
      return;
    }
    if (known < piece.data().length) {
      ready.add(Arrays.copyOfRange(piece.data(), known, piece.data().length));
    }
    next += end - known;
    ended = piece.fin();
  }
}
