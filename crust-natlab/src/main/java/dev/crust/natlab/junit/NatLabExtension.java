package dev.crust.natlab.junit;

import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Does what {@link NatLab} says; named here only because JUnit must be able to make it. */
public final class NatLabExtension
    implements ExecutionCondition, ParameterResolver, AfterEachCallback {
  private static final Namespace STORE = Namespace.create(NatLabExtension.class);

  /** For JUnit. */
  public NatLabExtension() {}

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (context.getTestMethod().isEmpty()) {
      return ConditionEvaluationResult.enabled("asked for each test, so that each is counted");
    }
    Optional<String> missing =
        Lab.missing(annotation(context).map(Scenario::parse).orElse(new Scenario(List.of())));
    if (missing.isEmpty()) {
      return ConditionEvaluationResult.enabled("the lab can run");
    }
    if ("true".equals(System.getenv("CI"))) {
      throw new IllegalStateException(missing.get() + "; under CI that is an error");
    }
    return ConditionEvaluationResult.disabled(missing.get());
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Lab.class || type == Labs.class || type == EventLog.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    Labs labs = labs(context);
    if (type == Labs.class) {
      return labs;
    }
    if (type == EventLog.class) {
      return labs.log();
    }
    try {
      return labs.up(
          annotation(context)
              .map(Scenario::parse)
              .orElseThrow(
                  () -> new ParameterResolutionException("@NatLab has no scenario for this test")));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ParameterResolutionException("interrupted", e);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Labs labs = labs(context);
    if (context.getExecutionException().isPresent()) {
      System.err.println(context.getDisplayName() + " failed\n" + labs.report());
    }
    labs.close();
  }

  private static Labs labs(ExtensionContext context) {
    return context
        .getStore(STORE)
        .getOrComputeIfAbsent(Labs.class, key -> new Labs(directory(context)), Labs.class);
  }

  private static Path directory(ExtensionContext context) {
    String root = System.getProperty("crust.natlab.logs", "target/natlab");
    String test = context.getRequiredTestClass().getSimpleName();
    String name = context.getRequiredTestMethod().getName() + "-" + context.getDisplayName();
    return Path.of(root, test, name.replaceAll("[^A-Za-z0-9]+", "_"));
  }

  /** The text of the scenario that the test, or else its class, is annotated with. */
  private static Optional<String> annotation(ExtensionContext context) {
    return AnnotationSupport.findAnnotation(context.getElement(), NatLab.class)
        .map(NatLab::value)
        .filter(text -> !text.isEmpty())
        .or(
            () ->
                AnnotationSupport.findAnnotation(context.getRequiredTestClass(), NatLab.class)
                    .map(NatLab::value)
                    .filter(text -> !text.isEmpty()));
  }
}
