package io.kvfunctions;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may know whom. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.kvfunctions");

  @Test
  void theStore_knowsNeitherSpringNorHttpNorJson() {
    noClasses()
        .that()
        .resideInAPackage("io.kvfunctions.store..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.springframework..",
            "io.netty..",
            "reactor..",
            "io.kvfunctions.http..",
            "io.kvfunctions.events..",
            "tools.jackson..",
            "com.fasterxml.jackson..")
        .check(CLASSES);
  }

  @Test
  void theFunctionsAndWhatEventsAskOfThem_knowNoHttp() {
    noClasses()
        .that()
        .resideInAnyPackage("io.kvfunctions.functions..", "io.kvfunctions.events..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.netty..",
            "reactor..",
            "java.net..",
            "io.kvfunctions.http..",
            "org.springframework.http..",
            "org.springframework.web..")
        .check(CLASSES);
  }

  @Test
  void theFunctions_knowNoEvents() {
    noClasses()
        .that()
        .resideInAPackage("io.kvfunctions.functions..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.kvfunctions.events..")
        .check(CLASSES);
  }

  @Test
  void packages_haveNoCycles() {
    slices().matching("io.kvfunctions.(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
