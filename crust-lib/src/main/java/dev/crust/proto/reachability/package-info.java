/**
 * Whether others reach an endpoint: peers dial its addresses back with a nonce (as AutoNAT v2 does,
 * https://github.com/libp2p/specs/blob/master/autonat/autonat-v2.md). Never a precondition for
 * anything. Pure.
 */
@NullMarked
package dev.crust.proto.reachability;

import org.jspecify.annotations.NullMarked;
