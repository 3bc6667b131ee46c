/**
 * What travels on an admitted path: messages with priorities, acknowledgements, windows, signs of
 * life. Pure.
 */
@NullMarked
package dev.crust.proto.session;

import org.jspecify.annotations.NullMarked;
