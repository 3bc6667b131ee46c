/** How frames look on a path: varint length, type, body. Pure. */
@NullMarked
package dev.crust.proto.frame;

import org.jspecify.annotations.NullMarked;
