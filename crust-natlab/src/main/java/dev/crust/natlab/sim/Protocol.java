package dev.crust.natlab.sim;

/** What a port belongs to. */
enum Protocol {
  UDP,
  TCP
}
