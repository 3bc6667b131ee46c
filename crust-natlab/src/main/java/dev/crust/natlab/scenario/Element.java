package dev.crust.natlab.scenario;

/** A line of a scenario. */
public sealed interface Element permits PublicHost, Carrier, Home, Lan, Timed {}
