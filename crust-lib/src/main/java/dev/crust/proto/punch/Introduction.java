package dev.crust.proto.punch;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.nat.SituationCodec;
import dev.crust.proto.wire.IntroductionAnswer;
import dev.crust.proto.wire.IntroductionDecline;
import dev.crust.proto.wire.IntroductionOffer;
import dev.crust.proto.wire.IntroductionSync;
import dev.crust.proto.wire.Signal;
import dev.crust.spi.PunchToken;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.Situation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One side of an introduction to one peer: offer, answer and sync, each round anew. The round trip
 * is that from offer to answer, less the time that the offer waited; the offerer begins half of it
 * after its sync, the answerer when that comes: at the same time, if both ways take equally long.
 *
 * <table>
 * <caption>Transitions</caption>
 * <tr><th>state</th><th>event</th><th>effect</th><th>next</th></tr>
 * <tr><td>idle, agreed</td><td>{@link #offer}</td><td>Send of an offer</td><td>offered</td></tr>
 * <tr><td>offered</td><td>an answer</td><td>Introduced, Send of a sync, Agreed</td><td>agreed</td></tr>
 * <tr><td>offered</td><td>a decline</td><td>Failed</td><td>idle</td></tr>
 * <tr><td>offered</td><td>an offer, and we are controlling</td><td>–</td><td>offered</td></tr>
 * <tr><td>any other</td><td>an offer</td><td>Asked</td><td>asked</td></tr>
 * <tr><td>asked</td><td>{@link #accept}</td><td>Introduced, Send of an answer</td><td>answered</td></tr>
 * <tr><td>asked</td><td>{@link #decline}</td><td>Send of a decline</td><td>idle</td></tr>
 * <tr><td>answered</td><td>a sync</td><td>Agreed</td><td>agreed</td></tr>
 * <tr><td>offered, asked, answered</td><td>nothing for 5 s</td><td>Failed</td><td>idle</td></tr>
 * </table>
 */
public final class Introduction {
  /** What is to be done. */
  public sealed interface Effect {
    /** Carry this to the peer, by any way there is. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Send(byte[] signal) implements Effect {}

    /** The peer asks for a round: {@link #accept} or {@link #decline}. */
    record Asked(Situation peer, int round) implements Effect {}

    /**
     * Each knows of the other, and the peer will not send anything before the signal that follows
     * has come to it: the time to open what must be open by then.
     */
    record Introduced(Round round) implements Effect {}

    /** A round begins. */
    record Agreed(Round round) implements Effect {}

    /** There will be none. */
    record Failed(Why why) implements Effect {}
  }

  /** Why there will be no round. */
  public enum Why {
    /** The peer does not want to. */
    DECLINED,
    /** The peer has too much of this on its hands; later perhaps. */
    BUSY,
    /** Nothing came. */
    TIMEOUT;

    /** The stable name: lower case. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private enum State {
    IDLE,
    OFFERED,
    ASKED,
    ANSWERED,
    AGREED
  }

  /** A signal and its answer take a second by a bad way; half of the rest is for the user. */
  public static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final int NONCE_LENGTH = 16;
  private static final byte[] NONE = {};

  private final PeerId self;
  private final PeerId peer;
  private final Side side;
  private final UnaryOperator<byte[]> sign;
  private final RandomGenerator random;
  private final RateLimits<PeerId> heard = new RateLimits<>(12, 1, 1);
  private State state = State.IDLE;
  private byte[] nonce = NONE;
  private byte[] replyNonce = NONE;
  private int round;
  private Situation own = Situation.UNKNOWN;
  private Situation theirs = Situation.UNKNOWN;
  private @Nullable Instant since;
  private Instant end = Instant.MAX;
  private long ignored;

  /**
   * One that has said nothing yet.
   *
   * @param sign the signature of our identity
   */
  public Introduction(
      PeerId self, PeerId peer, UnaryOperator<byte[]> sign, RandomGenerator random) {
    this.self = self;
    this.peer = peer;
    this.side = Side.of(self, peer);
    this.sign = sign;
    this.random = random;
  }

  /** How many signals came that did not fit. */
  public long ignored() {
    return ignored;
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} for never. */
  public Instant deadline() {
    return end;
  }

  /** Time has passed. */
  public List<Effect> onTimeout(Instant now) {
    if (now.isBefore(end)) {
      return List.of();
    }
    become(State.IDLE, Instant.MAX);
    return List.of(new Effect.Failed(Why.TIMEOUT));
  }

  /**
   * Asks the peer for a first round, or for a further one after that agreed on last; nothing while
   * an exchange is under way.
   *
   * @param situation ours, as it is now
   */
  public List<Effect> offer(Situation situation, Instant now) {
    boolean further = state == State.AGREED && round < Plan.ROUNDS;
    if (state != State.IDLE && state != State.AGREED) {
      return List.of();
    }
    if (!further) {
      nonce = randomNonce();
      replyNonce = NONE;
    }
    round = further ? round + 1 : 1;
    own = situation;
    since = now;
    become(State.OFFERED, now.plus(PATIENCE));
    return List.of(
        send(
            Signal.Kind.KIND_OFFER,
            IntroductionOffer.newBuilder()
                .setNonce(ByteString.copyFrom(nonce))
                .setRound(round)
                .setSituation(SituationCodec.toWire(own))
                .build()));
  }

  /** Agrees to what the peer asked, with our situation as it is now. */
  public List<Effect> accept(Situation situation, Instant now) {
    if (state != State.ASKED || since == null) {
      return List.of();
    }
    own = situation;
    if (replyNonce.length == 0) {
      replyNonce = randomNonce();
    }
    long held = Math.max(0, Duration.between(since, now).toNanos() / 1000);
    become(State.ANSWERED, now.plus(PATIENCE));
    return List.of(
        introduced(),
        send(
            Signal.Kind.KIND_ANSWER,
            IntroductionAnswer.newBuilder()
                .setNonce(ByteString.copyFrom(nonce))
                .setReplyNonce(ByteString.copyFrom(replyNonce))
                .setRound(round)
                .setSituation(SituationCodec.toWire(own))
                .setHeldMicros(held)
                .build()));
  }

  /** Refuses what the peer asked. */
  public List<Effect> decline(Why why) {
    if (state != State.ASKED) {
      return List.of();
    }
    become(State.IDLE, Instant.MAX);
    return List.of(
        send(
            Signal.Kind.KIND_DECLINE,
            IntroductionDecline.newBuilder()
                .setNonce(ByteString.copyFrom(nonce))
                .setReason(why.toString())
                .build()));
  }

  /**
   * A signal came from the peer, whoever carried it.
   *
   * @throws MalformedMessageException if the peer did not sign it, or it is not well-formed: lay it
   *     at the door of whoever carried it
   */
  public List<Effect> onSignal(byte[] bytes, Instant now) throws MalformedMessageException {
    // Before the signature is checked, which costs most of a millisecond.
    if (!heard.allows(peer, now)) {
      ignored++;
      return List.of();
    }
    Signal signal = Signals.open(peer, self, bytes);
    List<Effect> effects = new ArrayList<>();
    try {
      switch (signal.getKind()) {
        case KIND_OFFER -> onOffer(IntroductionOffer.parseFrom(signal.getBody()), now, effects);
        case KIND_ANSWER -> onAnswer(IntroductionAnswer.parseFrom(signal.getBody()), now, effects);
        case KIND_SYNC -> onSync(IntroductionSync.parseFrom(signal.getBody()), now, effects);
        case KIND_DECLINE -> onDecline(IntroductionDecline.parseFrom(signal.getBody()), effects);
        case KIND_UNKNOWN, UNRECOGNIZED -> ignored++;
      }
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("the body of a signal is not well-formed");
    }
    return effects;
  }

  private void onOffer(IntroductionOffer offer, Instant now, List<Effect> effects)
      throws MalformedMessageException {
    byte[] offered = nonce(offer.getNonce());
    int number = round(offer.getRound());
    Situation situation = SituationCodec.fromWire(offer.getSituation());
    boolean known = Arrays.equals(offered, nonce);
    boolean glare = state == State.OFFERED && side == Side.CONTROLLING;
    // Both may ask for the next round at once.
    boolean crossed = state == State.OFFERED && number == round;
    boolean repeated = known && number <= round && !crossed;
    if (glare || repeated || (!known && number != 1)) {
      ignored++;
      return;
    }
    if (!known) {
      nonce = offered;
      replyNonce = NONE;
    }
    round = number;
    theirs = situation;
    since = now;
    become(State.ASKED, now.plus(PATIENCE));
    effects.add(new Effect.Asked(theirs, round));
  }

  private void onAnswer(IntroductionAnswer answer, Instant now, List<Effect> effects)
      throws MalformedMessageException {
    byte[] answered = nonce(answer.getReplyNonce());
    boolean first = replyNonce.length == 0;
    boolean fits =
        state == State.OFFERED
            && isNonce(answer.getNonce())
            && answer.getRound() == round
            && (first || Arrays.equals(answered, replyNonce));
    Situation situation = SituationCodec.fromWire(answer.getSituation());
    if (!fits || since == null) {
      ignored++;
      return;
    }
    replyNonce = answered;
    theirs = situation;
    Duration elapsed = Duration.between(since, now);
    Duration roundTrip = elapsed.minus(micros(answer.getHeldMicros()));
    roundTrip = roundTrip.isNegative() ? Duration.ZERO : roundTrip;
    // Both sides plan with what the sync can say: whole microseconds.
    long micros = roundTrip.toNanos() / 1000;
    effects.add(introduced());
    effects.add(
        send(
            Signal.Kind.KIND_SYNC,
            IntroductionSync.newBuilder()
                .setNonce(ByteString.copyFrom(nonce))
                .setReplyNonce(ByteString.copyFrom(replyNonce))
                .setRound(round)
                .setRoundTripMicros(micros)
                .build()));
    agree(micros(micros), now.plus(roundTrip.dividedBy(2)), effects);
  }

  private void onSync(IntroductionSync sync, Instant now, List<Effect> effects) {
    boolean fits =
        state == State.ANSWERED
            && isNonce(sync.getNonce())
            && Arrays.equals(sync.getReplyNonce().toByteArray(), replyNonce)
            && sync.getRound() == round;
    if (!fits) {
      ignored++;
      return;
    }
    agree(micros(sync.getRoundTripMicros()), now, effects);
  }

  private void onDecline(IntroductionDecline decline, List<Effect> effects) {
    if (state != State.OFFERED || !isNonce(decline.getNonce())) {
      ignored++;
      return;
    }
    become(State.IDLE, Instant.MAX);
    boolean busy = decline.getReason().equals(Why.BUSY.toString());
    effects.add(new Effect.Failed(busy ? Why.BUSY : Why.DECLINED));
  }

  private Effect introduced() {
    return new Effect.Introduced(round(Duration.ZERO, Instant.MAX));
  }

  private void agree(Duration roundTrip, Instant start, List<Effect> effects) {
    become(State.AGREED, Instant.MAX);
    effects.add(new Effect.Agreed(round(roundTrip, start)));
  }

  private Round round(Duration roundTrip, Instant start) {
    return new Round(side, round, token(nonce, replyNonce), own, theirs, roundTrip, start);
  }

  /** The token of these two nonces: that of the offer, and that of the answer. */
  private static PunchToken token(byte[] offered, byte[] answered) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update("crust punch\0".getBytes(StandardCharsets.US_ASCII));
      digest.update(offered);
      digest.update(answered);
      ByteBuffer hash = ByteBuffer.wrap(digest.digest());
      return new PunchToken(hash.getLong(), hash.getLong());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private void become(State next, Instant until) {
    state = next;
    end = until;
  }

  private Effect send(Signal.Kind kind, com.google.protobuf.MessageLite body) {
    return new Effect.Send(Signals.seal(self, peer, kind, body, sign));
  }

  private byte[] randomNonce() {
    byte[] bytes = new byte[NONCE_LENGTH];
    random.nextBytes(bytes);
    return bytes;
  }

  private boolean isNonce(ByteString bytes) {
    return Arrays.equals(bytes.toByteArray(), nonce);
  }

  /** At most as long as anybody waits, so that no claim of the peer's overflows. */
  private static Duration micros(long micros) {
    long most = PATIENCE.toNanos() / 1000;
    return Duration.ofNanos(1000 * (micros < 0 || micros > most ? most : micros));
  }

  private static byte[] nonce(ByteString bytes) throws MalformedMessageException {
    if (bytes.size() != NONCE_LENGTH) {
      throw new MalformedMessageException("a nonce of %d bytes".formatted(bytes.size()));
    }
    return bytes.toByteArray();
  }

  private static int round(int number) throws MalformedMessageException {
    if (number < 1 || number > Plan.ROUNDS) {
      throw new MalformedMessageException("round " + Integer.toUnsignedString(number));
    }
    return number;
  }
}
