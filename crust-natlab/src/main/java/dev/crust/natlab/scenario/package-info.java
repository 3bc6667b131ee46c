/** Scenarios: who stands behind which NAT, over which links, and what happens to them when. */
@NullMarked
package dev.crust.natlab.scenario;

import org.jspecify.annotations.NullMarked;
