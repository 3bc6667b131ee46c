package dev.crust.bench;

import java.io.IOException;

/** Where figures go as they come. Used by one thread. */
interface Report {
  /** On what the figures were measured. */
  void begin(String machine) throws IOException;

  void figure(Figure figure) throws IOException;

  /** A measurement that brought no figures. */
  void failed(String measurement, String sentence) throws IOException;
}
