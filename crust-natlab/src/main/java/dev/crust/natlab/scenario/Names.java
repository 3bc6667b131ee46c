package dev.crust.natlab.scenario;

import java.util.regex.Pattern;

/** What names of nodes may look like: they become names of namespaces. */
final class Names {
  private static final Pattern FORM = Pattern.compile("[a-z][a-z0-9-]{0,30}");

  private Names() {}

  static void require(String name) {
    if (!FORM.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'" + name + "' is no name: lower-case letters, digits and '-', at most 31");
    }
  }
}
