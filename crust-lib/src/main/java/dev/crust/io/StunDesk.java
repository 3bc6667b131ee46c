package dev.crust.io;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.guard.RateLimit;
import dev.crust.proto.reachability.Nonce;
import dev.crust.proto.stun.Retransmission;
import dev.crust.proto.stun.StunAttribute;
import dev.crust.proto.stun.StunClass;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.StunServer;
import dev.crust.proto.stun.StunTransaction;
import dev.crust.proto.stun.TransactionId;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * STUN on a UDP socket (RFC 8489): answers whoever asks, within limits, and asks others. Its public
 * methods may be called by any thread and work on the socket's loop.
 */
public final class StunDesk implements DatagramSplitter.Others {
  /**
   * Room for a PADDING of 1500 bytes (RFC 5780 §7.6); a larger request asks for nothing we know.
   */
  private static final int MAX_REQUEST = 2048;

  private static final RateLimit.Rate EACH = new RateLimit.Rate(32, 16);
  private static final RateLimit.Rate ALL = new RateLimit.Rate(2000, 1000);
  private static final int MAX_QUESTIONS = 64;

  /** Who takes datagrams that are neither STUN nor QUIC. Called on the socket's loop. */
  public interface Listener {
    /** One has come; the buffer is valid during the call. Returns whether it was any use. */
    boolean onDatagram(ByteBuffer datagram, InetSocketAddress source);
  }

  /** A question under way. */
  private record Question(
      InetSocketAddress server,
      StunTransaction transaction,
      Consumer<? super StunTransaction.Effect> ended) {}

  private final SecureRandom random;
  private final InstantSource clock;
  private final Drops drops;
  private final RateLimit limit = new RateLimit(EACH, ALL);
  private final Map<TransactionId, Question> questions = new HashMap<>();
  private volatile StunAlternates alternates = StunAlternates.none();
  private volatile @Nullable Listener listener;
  private volatile NonceEar nonces = NonceEar.none();
  private volatile @Nullable Channel socket;

  StunDesk(SecureRandom random, InstantSource clock, Drops drops) {
    this.random = random;
    this.clock = clock;
    this.drops = drops;
  }

  /** Begins to answer, through this socket. Called once, before others see the desk. */
  void attach(Channel opened) {
    socket = opened;
  }

  /** The sockets that an answer may come from, if the host has a second address; or none. */
  void alternates(StunAlternates known) {
    alternates = known;
  }

  /** Who takes what is neither STUN nor QUIC; until somebody does, it is counted and dropped. */
  public void listener(Listener newListener) {
    listener = newListener;
  }

  /** Who hears of dial-backs to this socket. */
  public void nonces(NonceEar ear) {
    nonces = ear;
  }

  /**
   * Asks a server how it sees this socket.
   *
   * @param ended hears on the loop how it ended: Answered, Refused or TimedOut, which also is the
   *     end of what is one question too many
   */
  public void ask(
      InetSocketAddress server,
      Retransmission schedule,
      List<StunAttribute> attributes,
      Consumer<? super StunTransaction.Effect> ended) {
    Channel open = socket;
    if (open == null) {
      throw new IllegalStateException("the socket is not open yet");
    }
    open.eventLoop()
        .execute(
            () -> {
              if (questions.size() >= MAX_QUESTIONS) {
                ended.accept(new StunTransaction.Effect.TimedOut());
                return;
              }
              TransactionId id = TransactionId.random(random);
              List<StunAttribute> all = new ArrayList<>(attributes);
              // RFC 8489 §7: on a port that is for other things, too.
              all.add(new StunAttribute.Fingerprint());
              StunMessage request =
                  StunMessage.bindingRequest(id, all.toArray(StunAttribute[]::new));
              StunTransaction transaction = new StunTransaction(request, schedule, clock.instant());
              Question question = new Question(server, transaction, ended);
              questions.put(id, question);
              run(question, transaction.onTimeout(clock.instant()));
            });
  }

  private void run(Question question, List<StunTransaction.Effect> effects) {
    for (StunTransaction.Effect effect : effects) {
      if (effect instanceof StunTransaction.Effect.Send send) {
        send(StunCodec.encode(send.request()), question.server);
      } else {
        questions.remove(question.transaction.request().transactionId());
        question.ended.accept(effect);
      }
    }
    Channel open = socket;
    if (!question.transaction.ended() && !effects.isEmpty() && open != null) {
      Instant due = question.transaction.deadline();
      long nanos = Math.max(0, Duration.between(clock.instant(), due).toNanos());
      open.eventLoop()
          .schedule(
              () -> run(question, question.transaction.onTimeout(clock.instant())),
              nanos,
              TimeUnit.NANOSECONDS);
    }
  }

  private void send(byte[] message, InetSocketAddress to) {
    Channel open = socket;
    if (open != null) {
      // Copied to direct memory by the socket.
      open.writeAndFlush(
          new DatagramPacket(Unpooled.wrappedBuffer(message), to), open.voidPromise());
    }
  }

  @Override
  public void onStun(ByteBuffer bytes, InetSocketAddress source) {
    if (bytes.remaining() > MAX_REQUEST) {
      drops.count(Drops.Kind.STUN_MALFORMED);
      return;
    }
    byte[] message = new byte[bytes.remaining()];
    bytes.get(message);
    boolean request = (message[0] & 0x01) == 0 && (message[1] & 0x10) == 0;
    if (request && !limit.allows(source.getAddress(), clock.instant())) {
      drops.count(Drops.Kind.STUN_LIMITED);
      return;
    }
    try {
      StunMessage read = StunCodec.decode(message);
      if (read.kind() == StunClass.REQUEST) {
        answer(read, message.length, source);
      } else {
        onAnswer(read, source);
      }
    } catch (MalformedMessageException e) {
      drops.count(Drops.Kind.STUN_MALFORMED);
    }
  }

  private void answer(StunMessage request, int length, InetSocketAddress source) {
    Channel open = socket;
    if (open == null) {
      return;
    }
    InetSocketAddress here = Addresses.plain(open.localAddress());
    StunAlternates known = alternates;
    Optional<StunServer.Reply> reply =
        StunServer.answer(
            request, length, StunServer.Transport.UDP, here, source, known.addresses());
    boolean later =
        known.addresses().isPresent()
            && known.tests().isLater(request, source.getAddress(), here, clock.instant());
    reply.ifPresent(
        answer -> {
          StunMessage told = answer.message();
          byte[] encoded =
              StunCodec.encode(later ? told.without(StunAttribute.OtherAddress.class) : told);
          StunDesk from = answer.from().equals(here) ? this : known.desk(answer.from());
          if (from == this) {
            send(encoded, answer.to());
          } else if (from != null) {
            from.sendFromElsewhere(encoded, answer.to());
          }
        });
  }

  /** Another socket's answer that has to leave by this one. Called on the other socket's loop. */
  private void sendFromElsewhere(byte[] message, InetSocketAddress to) {
    Channel open = socket;
    if (open != null) {
      open.eventLoop().execute(() -> send(message, to));
    }
  }

  private void onAnswer(StunMessage message, InetSocketAddress source) {
    Question question = questions.get(message.transactionId());
    // RFC 5780 §4.3: the answer to a CHANGE-REQUEST comes from elsewhere.
    boolean changed =
        question != null && question.transaction.request().has(StunAttribute.ChangeRequest.class);
    if (question != null && (changed || question.server.equals(source))) {
      run(question, question.transaction.onMessage(message));
    }
  }

  @Override
  public boolean onOther(ByteBuffer datagram, InetSocketAddress source) {
    byte[] start = new byte[Math.min(datagram.remaining(), Nonce.LENGTH + 1)];
    datagram.get(datagram.position(), start);
    if (Nonce.looksLikeNonce(start)) {
      return onNonce(start, source);
    }
    Listener wanted = listener;
    return wanted != null && wanted.onDatagram(datagram, source);
  }

  private boolean onNonce(byte[] datagram, InetSocketAddress source) {
    try {
      return nonces.onNonce(Nonce.decode(datagram), Addresses.plain(source));
    } catch (MalformedMessageException e) {
      return false;
    }
  }
}
