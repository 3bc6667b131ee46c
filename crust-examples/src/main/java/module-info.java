/** What an application adds to the library, as it would do it. */
module dev.crust.examples {
  requires transitive dev.crust;
  requires static org.jspecify;

  exports dev.crust.examples;

  provides dev.crust.spi.TraversalMethod with
      dev.crust.examples.HttpConnect;
}
