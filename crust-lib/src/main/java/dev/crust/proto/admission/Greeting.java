package dev.crust.proto.admission;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.session.Limits;
import dev.crust.proto.wire.Hello;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a Hello says, once it is known to be of our version and network.
 *
 * @param incarnation the sending endpoint's
 * @param held the connection with us that the sender holds already
 * @param resumes whether the sender came only to carry that connection on
 * @param limits what the sender lets us send
 * @param candidates where the sender may be dialled when a path breaks, at most {@value
 *     CrustAddress#MAX_CANDIDATES}
 * @param observed where the sender sees the receiver come from, if it tells
 * @param relays whether the sender relays for its peers
 * @param punches whether the sender takes part in finding a direct path
 * @param dialsBack whether the sender dials its peers back who ask whether they can be reached
 */
public record Greeting(
    Token incarnation,
    Optional<Token> held,
    boolean resumes,
    Limits limits,
    List<Candidate> candidates,
    Optional<InetSocketAddress> observed,
    boolean relays,
    boolean punches,
    boolean dialsBack) {
  /** Copies the candidates. */
  public Greeting {
    candidates = List.copyOf(candidates);
  }

  /** The protocol version spoken here. */
  public static final int VERSION = 1;

  private static final int MAX_WINDOW = 1 << 30;

  /** Either a greeting or the reason for which its sender is refused. */
  public sealed interface Reading {
    /** The sender is welcome so far. */
    record Welcome(Greeting greeting) implements Reading {}

    /** The sender is refused. */
    record Refusal(Reason reason, String detail) implements Reading {}
  }

  /** The Hello that carries this from one endpoint to another. */
  public Hello toHello(NetworkKey network, PeerId from, PeerId to) {
    Hello.Builder hello =
        Hello.newBuilder()
            .setVersion(VERSION)
            .setNetworkProof(ByteString.copyFrom(network.proof(from, to, incarnation)))
            .setIncarnation(ByteString.copyFrom(incarnation.bytes()))
            .setMaxMessageSize(limits.maxMessageSize())
            .setInitialWindow(limits.window())
            .setStreamWindow(limits.streamWindow())
            .setStreamsWindow(limits.streamsWindow())
            .setMaxStreams(limits.maxStreams())
            .setResumes(resumes)
            .setRelays(relays)
            .setPunches(punches)
            .setDialsBack(dialsBack);
    for (Candidate candidate : candidates) {
      hello.addCandidates(
          dev.crust.proto.wire.Candidate.newBuilder()
              .setTransport(candidate.transport() == Transport.TCP ? 1 : 2)
              .setAddress(ByteString.copyFrom(candidate.address().getAddress().getAddress()))
              .setPort(candidate.address().getPort()));
    }
    observed.ifPresent(
        seen ->
            hello
                .setObservedAddress(ByteString.copyFrom(seen.getAddress().getAddress()))
                .setObservedPort(seen.getPort()));
    held.ifPresent(token -> hello.setHeldConnection(ByteString.copyFrom(token.bytes())));
    return hello.build();
  }

  /**
   * Reads the body of a HELLO frame.
   *
   * @throws MalformedMessageException if it is not well-formed; one of another version need not be
   */
  public static Reading read(ByteBuffer body, NetworkKey network, PeerId from, PeerId to)
      throws MalformedMessageException {
    Hello hello;
    try {
      hello = Hello.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("a Hello that is not well-formed");
    }
    if (hello.getVersion() != VERSION) {
      return new Reading.Refusal(
          Reason.VERSION_MISMATCH,
          "version %s here, %s there"
              .formatted(VERSION, Integer.toUnsignedString(hello.getVersion())));
    }
    Token incarnation = Token.of(hello.getIncarnation().toByteArray());
    byte[] proof = hello.getNetworkProof().toByteArray();
    if (!MessageDigest.isEqual(proof, network.proof(from, to, incarnation))) {
      return new Reading.Refusal(Reason.NETWORK_MISMATCH, "");
    }
    Optional<Token> held =
        hello.getHeldConnection().isEmpty()
            ? Optional.empty()
            : Optional.of(Token.of(hello.getHeldConnection().toByteArray()));
    return new Reading.Welcome(
        new Greeting(
            incarnation,
            held,
            hello.getResumes(),
            limits(hello),
            candidates(hello),
            socket(hello.getObservedAddress(), hello.getObservedPort()),
            hello.getRelays(),
            hello.getPunches(),
            hello.getDialsBack()));
  }

  private static Limits limits(Hello hello) throws MalformedMessageException {
    int size = hello.getMaxMessageSize();
    long window = hello.getInitialWindow();
    if (size < 0 || window < (long) size + Limits.MESSAGE_OVERHEAD || window > MAX_WINDOW) {
      throw new MalformedMessageException(
          "a window of %d bytes for messages of up to %d".formatted(window, size));
    }
    long streamWindow = hello.getStreamWindow();
    long streamsWindow = hello.getStreamsWindow();
    int streams = hello.getMaxStreams();
    if (streamWindow < 0 || streamsWindow < 0 || streams < 0) {
      throw new MalformedMessageException("a limit for streams is too large");
    }
    return new Limits(size, window, streamWindow, streamsWindow, streams);
  }

  /** Candidates of transports, or with addresses, that we do not know are skipped. */
  private static List<Candidate> candidates(Hello hello) {
    List<Candidate> candidates = new ArrayList<>();
    for (dev.crust.proto.wire.Candidate each : hello.getCandidatesList()) {
      int transport = each.getTransport();
      if (candidates.size() < CrustAddress.MAX_CANDIDATES && (transport == 1 || transport == 2)) {
        Transport known = transport == 1 ? Transport.TCP : Transport.QUIC;
        socket(each.getAddress(), each.getPort())
            .ifPresent(socket -> candidates.add(new Candidate(known, socket)));
      }
    }
    return candidates;
  }

  private static Optional<InetSocketAddress> socket(ByteString address, int port) {
    return port > 0 && port < 1 << 16
        ? ip(address.toByteArray()).map(ip -> new InetSocketAddress(ip, port))
        : Optional.empty();
  }

  private static Optional<InetAddress> ip(byte[] bytes) {
    try {
      InetAddress ip = InetAddress.getByAddress(bytes);
      return ip.isAnyLocalAddress() || ip.isMulticastAddress() ? Optional.empty() : Optional.of(ip);
    } catch (UnknownHostException unknownFamily) {
      return Optional.empty();
    }
  }

  /** What knowing a network's name amounts to. It proves the knowledge without telling the name. */
  public static final class NetworkKey {
    private final SecretKeySpec key;

    /** The key of a network. */
    public NetworkKey(String name) {
      try {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update("crust network\0".getBytes(StandardCharsets.UTF_8));
        byte[] hash = digest.digest(name.getBytes(StandardCharsets.UTF_8));
        this.key = new SecretKeySpec(hash, "HmacSHA256");
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }

    byte[] proof(PeerId from, PeerId to, Token incarnation) {
      try {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(key);
        mac.update("crust hello\0".getBytes(StandardCharsets.UTF_8));
        mac.update(from.bytes());
        mac.update(to.bytes());
        return mac.doFinal(incarnation.bytes());
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every JDK has HMAC with SHA-256", e);
      }
    }
  }
}
