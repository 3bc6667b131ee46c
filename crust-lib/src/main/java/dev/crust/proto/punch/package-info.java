/**
 * How two endpoints behind NATs come to a direct path: introduction through a mutual peer, a plan
 * that both compute alike, and the machines that carry it out by UDP and by TCP. Pure.
 */
@NullMarked
package dev.crust.proto.punch;

import org.jspecify.annotations.NullMarked;
