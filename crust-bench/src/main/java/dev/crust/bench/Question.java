package dev.crust.bench;

import dev.crust.Transport;
import java.util.Locale;

/** What can be asked for on the command line, in the order in which it is measured. */
enum Question {
  /** One stream over TCP. */
  STREAM {
    @Override
    Measurement measurement(Sizes sizes) {
      return new Throughput(
          "stream over tcp",
          BarePipeline::new,
          () -> new CrustStream(Transport.TCP),
          sizes.bytes(),
          sizes.rounds());
    }
  },
  /** The same in messages. */
  MESSAGES {
    @Override
    Measurement measurement(Sizes sizes) {
      return new Throughput(
          "messages over tcp",
          BarePipeline::new,
          () -> new CrustMessages(Transport.TCP),
          sizes.bytes(),
          sizes.rounds());
    }
  },
  /** 64 bytes there and back over TCP. */
  PING {
    @Override
    Measurement measurement(Sizes sizes) {
      return new RoundTrips(Transport.TCP, sizes.roundTrips(), sizes.rounds());
    }
  },
  /** The heap of an idle connection. */
  HEAP {
    @Override
    Measurement measurement(Sizes sizes) {
      return new IdleHeap(sizes.heapConnections(), sizes.rounds());
    }
  },
  /** One stream over QUIC. */
  STREAM_QUIC {
    @Override
    Measurement measurement(Sizes sizes) {
      return new Throughput(
          "stream over quic",
          BareQuic::new,
          () -> new CrustStream(Transport.QUIC),
          sizes.bytes() / 4,
          sizes.rounds());
    }
  },
  /** The same in messages. */
  MESSAGES_QUIC {
    @Override
    Measurement measurement(Sizes sizes) {
      return new Throughput(
          "messages over quic",
          BareQuic::new,
          () -> new CrustMessages(Transport.QUIC),
          sizes.bytes() / 4,
          sizes.rounds());
    }
  },
  /** 64 bytes there and back over QUIC. */
  PING_QUIC {
    @Override
    Measurement measurement(Sizes sizes) {
      return new RoundTrips(Transport.QUIC, sizes.roundTrips(), sizes.rounds());
    }
  },
  /** Urgent messages beside a bulk stream over TCP. */
  PRIORITY {
    @Override
    Measurement measurement(Sizes sizes) {
      return new BusyLink(Transport.TCP, sizes.busy(), sizes.rounds());
    }
  },
  /** The same over QUIC. */
  PRIORITY_QUIC {
    @Override
    Measurement measurement(Sizes sizes) {
      return new BusyLink(Transport.QUIC, sizes.busy(), sizes.rounds());
    }
  },
  /** Many idle connections. */
  IDLE {
    @Override
    Measurement measurement(Sizes sizes) {
      return new HeldConnections(sizes.heldConnections(), sizes.hold());
    }
  };

  abstract Measurement measurement(Sizes sizes);

  /** As it is typed. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
