/** The kernel lab: scenarios played by network namespaces, nftables and connection tracking. */
@NullMarked
package dev.crust.natlab.kernel;

import org.jspecify.annotations.NullMarked;
