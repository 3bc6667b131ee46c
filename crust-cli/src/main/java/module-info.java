/** The command line of Crust. */
module dev.crust.cli {
  requires dev.crust;
  requires info.picocli;
  requires com.fasterxml.jackson.core;
  requires java.logging;

  opens dev.crust.cli to
      info.picocli;
}
