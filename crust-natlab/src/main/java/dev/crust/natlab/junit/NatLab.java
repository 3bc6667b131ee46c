package dev.crust.natlab.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test, or a class of tests, that runs in the kernel lab.
 *
 * <p>A test may have parameters of these types: {@link dev.crust.natlab.kernel.Lab}, the scenario
 * of this annotation, up; {@link Labs}, to bring up scenarios of its own; {@link EventLog}, for
 * what the report of a failure should tell. All labs end with the test. If it fails, the report has
 * the log, what happened in the lab, the routers' tables and the path of the capture.
 *
 * <p>On a machine that cannot run labs the test is skipped with a line that says what is missing;
 * if the environment variable {@code CI} is {@code true} it fails instead.
 *
 * <p>Output of processes and captures go below the directory of the system property {@code
 * crust.natlab.logs}, {@code target/natlab} if there is none.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NatLabExtension.class)
public @interface NatLab {
  /**
   * The scenario's text form, as {@link dev.crust.natlab.scenario.Scenario#parse} reads it. That of
   * a method goes before that of its class.
   */
  String value() default "";
}
