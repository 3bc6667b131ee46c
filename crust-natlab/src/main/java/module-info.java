/** Real NATs on one machine: scenarios, a kernel lab and a simulator that play them. */
module dev.crust.natlab {
  requires static transitive org.jspecify;
  requires static transitive org.junit.jupiter.api;
  requires com.sun.jna;
  requires dev.crust;
  requires info.picocli;

  exports dev.crust.natlab.junit;
  exports dev.crust.natlab.kernel;
  exports dev.crust.natlab.scenario;
  exports dev.crust.natlab.sim;
  exports dev.crust.natlab.verify;

  opens dev.crust.natlab.cli to
      info.picocli;
}
