package dev.crust.bench;

import java.time.Duration;

/**
 * How much is measured. Immutable.
 *
 * @param rounds as often is each side measured
 * @param bytes in a transfer over TCP; a quarter of it over QUIC
 * @param roundTrips in a round
 * @param heapConnections as many idle connections are weighed in a round
 * @param heldConnections as many are held by two processes
 * @param hold for so long
 * @param busy for so long urgent messages go beside a bulk stream, in a round
 */
record Sizes(
    int rounds,
    long bytes,
    int roundTrips,
    int heapConnections,
    int heldConnections,
    Duration hold,
    Duration busy) {}
