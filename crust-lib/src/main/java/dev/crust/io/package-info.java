/** Sockets, TLS and files: what touches the world. Knows nothing of the layers above it. */
@NullMarked
package dev.crust.io;

import org.jspecify.annotations.NullMarked;
