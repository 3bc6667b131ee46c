package dev.crust.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** An example is of use to who has the public API alone. */
final class ApiTest {
  @Test
  void examplesSeeThePublicApiAlone() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "dev.crust", "dev.crust.spi", "dev.crust.examples", "java..", "org.jspecify..")
        .check(new ClassFileImporter().importPath(Path.of("target", "classes")));
  }
}
