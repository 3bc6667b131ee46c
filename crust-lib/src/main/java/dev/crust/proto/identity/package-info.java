/**
 * Who a peer is and how it proves that: Ed25519 keys and the certificates that carry them. Pure.
 */
@NullMarked
package dev.crust.proto.identity;

import org.jspecify.annotations.NullMarked;
