package dev.crust;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Who may import whom: the rule that keeps the three layers apart. */
final class LayersTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPath(Path.of("target", "classes"));

  @Test
  void protoIsPure() {
    noClasses()
        .that()
        .resideInAPackage("dev.crust.proto..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.netty..",
            "java.nio.channels..",
            "java.nio.file..",
            "dev.crust.io..",
            "dev.crust.driver..")
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching("java\\.net\\.(Datagram|Server|Multicast)?Socket(Channel)?")
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching("java\\.util\\.concurrent\\.(.*Executor.*|CompletableFuture|Future)")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Thread.class)
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(CLASSES);
  }

  @Test
  void ioKnowsNothingOfTheDriver() {
    noClasses()
        .that()
        .resideInAPackage("dev.crust.io..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.crust.driver..")
        .check(CLASSES);
  }

  @Test
  void onlyTheBuilderReachesDownIntoTheDriver() {
    noClasses()
        .that(not(resideInAPackage("dev.crust.driver..")))
        .and()
        .doNotHaveFullyQualifiedName("dev.crust.EndpointBuilder")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.crust.driver..")
        .check(CLASSES);
  }

  @Test
  void noNettyInTheApi() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.crust", "dev.crust.spi")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.netty..")
        .check(CLASSES);
  }

  /** What others implement against names nothing that they do not see. */
  @Test
  void theSpiKnowsNothingBelow() {
    classes()
        .that()
        .resideInAPackage("dev.crust.spi")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("dev.crust", "dev.crust.spi", "java..", "org.jspecify..")
        .check(CLASSES);
  }

  @Test
  void nothingStaticChanges() {
    fields()
        .that()
        .areStatic()
        .and()
        .areDeclaredInClassesThat(not(resideInAPackage("dev.crust.proto.wire..")))
        .should()
        .beFinal()
        .check(CLASSES);
    noFields()
        .that()
        .areStatic()
        .and()
        .areDeclaredInClassesThat()
        .doNotHaveFullyQualifiedName("dev.crust.io.KeyFile")
        .should()
        .haveRawType("java.util.HashMap")
        .orShould()
        .haveRawType("java.util.concurrent.ConcurrentHashMap")
        .orShould()
        .haveRawType("java.util.concurrent.atomic.AtomicInteger")
        .orShould()
        .haveRawType("java.util.concurrent.atomic.AtomicLong")
        .check(CLASSES);
  }

  @Test
  void namesSaySomething() {
    noClasses().should().haveNameMatching(".*(Impl|Manager|Util|Utils|Helper|Base)").check(CLASSES);
  }
}
