package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/** Where the streams of peers come in: each is served on a thread of its own, or turned away. */
final class StreamDoor {
  /** As many streams as are served at once. */
  private static final int MAX_STREAMS = 64;

  /** Serves one stream. */
  interface Service {
    /**
     * Returns when the stream is over.
     *
     * @throws IOException if it ends before its time
     */
    void serve(StreamKind kind, PeerStream stream) throws IOException, InterruptedException;
  }

  private final Map<StreamKind, Service> services = new EnumMap<>(StreamKind.class);
  private final Semaphore room = new Semaphore(MAX_STREAMS);

  void offer(StreamKind kind, Service service) {
    services.put(kind, service);
  }

  /** Takes a stream in. Returns at once. */
  void enter(PeerStream stream) {
    if (services.isEmpty()) {
      stream.reset(StreamTrouble.NOT_SERVED.code());
    } else if (!room.tryAcquire()) {
      stream.reset(StreamTrouble.BUSY.code());
    } else {
      Thread thread = new Thread(() -> serve(stream), "stream-" + stream.id());
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void serve(PeerStream stream) {
    try {
      StreamKind kind = StreamKind.of(stream);
      Service service = services.get(kind);
      if (service == null) {
        stream.reset(StreamTrouble.NOT_SERVED.code());
      } else {
        service.serve(kind, stream);
      }
    } catch (IOException e) {
      // Whoever serves has told what there is to tell.
      stream.reset(StreamTrouble.DONE.code());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      room.release();
    }
  }
}
