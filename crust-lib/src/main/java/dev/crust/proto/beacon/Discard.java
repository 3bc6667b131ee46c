package dev.crust.proto.beacon;

/** Why a datagram was not acted upon. */
public enum Discard {
  /** It has another length than every beacon. */
  WRONG_LENGTH,
  /** It does not open: noise, or another network's. */
  NOT_OURS,
  /** It opens, and its version is another. */
  OTHER_VERSION,
  /** It opens, and breaks the format. */
  MALFORMED,
  /** An answer to nothing that we asked lately, or something else where only answers belong. */
  UNSOLICITED,
  /** A question from beyond our subnets. */
  OFF_LINK,
  /** More than its source, or all together, may say. */
  TOO_MANY
}
