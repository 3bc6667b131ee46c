package dev.crust.proto.beacon;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.PeerId;
import java.util.List;

/** What one datagram says, unsealed. */
sealed interface Message {
  /**
   * "Who is here?"
   *
   * @param instance the asking search, so that it knows its own question again
   * @param key a fresh X25519 key to seal answers to
   */
  record Query(long instance, Bytes key) implements Message {}

  /**
   * "I am", for the asker alone.
   *
   * @param queryNonce the nonce of the question's datagram
   * @param key a fresh X25519 key
   * @param sealed a {@link Presence}, sealed under both keys
   */
  record Answer(Bytes queryNonce, Bytes key, Bytes sealed) implements Message {}

  /** "I am", for the whole network. */
  record Announcement(Presence presence) implements Message {}

  /**
   * An endpoint and where it says that it listens.
   *
   * @param instance the search that speaks
   * @param candidates at most {@link CrustAddress#MAX_CANDIDATES}; IPv6 without zones
   */
  record Presence(PeerId peer, long instance, List<Candidate> candidates) {}
}
