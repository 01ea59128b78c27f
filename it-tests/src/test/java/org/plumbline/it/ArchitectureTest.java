package org.plumbline.it;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.core.importer.Locations;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.LocationProvider;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Who may know whom, checked on the jars of the assembled application.
 *
 * <p>Plugins see the SPI and the toolkit; the host sees the SPI; bundles see the host; nobody sees a plugin. What a rule
 * lets through is named here and nowhere else.
 */
@AnalyzeClasses(locations = ArchitectureTest.OurJars.class)
class ArchitectureTest {
    private static final String SPI = "org.plumbline.spi..";
    private static final String TOOLKIT = "org.plumbline.toolkit..";
    private static final String KERNEL = "org.plumbline.kernel..";
    private static final String TESTKIT = "org.plumbline.testkit..";
    private static final String PLUGINS = "org.plumbline.plugins..";
    private static final String LAUNCHER = "org.plumbline.launcher..";
    /** One entry per folder under bundles/. */
    private static final String[] BUNDLES = {"org.plumbline.runtime.."};

    // ---- directions

    @ArchTest
    static final ArchRule spi_is_a_closed_world_of_jdk_types = classes()
            .that()
            .resideInAPackage(SPI)
            .should()
            .onlyDependOnClassesThat()
            // The last two are annotations only; nothing of them is needed at run time.
            .resideInAnyPackage("java..", SPI, "org.osgi.annotation..", "org.jspecify.annotations..");

    @ArchTest
    static final ArchRule toolkit_sees_the_spi = sees(TOOLKIT, SPI);

    @ArchTest
    static final ArchRule kernel_sees_spi_and_toolkit = sees(KERNEL, SPI, TOOLKIT);

    @ArchTest
    static final ArchRule testkit_sees_kernel_spi_and_toolkit = sees(TESTKIT, KERNEL, SPI, TOOLKIT);

    @ArchTest
    static final ArchRule plugins_see_spi_and_toolkit = sees(PLUGINS, SPI, TOOLKIT);

    @ArchTest
    static final ArchRule launcher_sees_kernel_spi_and_toolkit = sees(LAUNCHER, KERNEL, SPI, TOOLKIT);

    @ArchTest
    static void bundles_see_kernel_spi_and_toolkit(JavaClasses ours) {
        for (String bundle : BUNDLES) {
            sees(bundle, KERNEL, SPI, TOOLKIT).check(ours);
        }
    }

    @ArchTest
    static final ArchRule a_plugin_never_sees_another_plugin =
            slices().assignedFrom(new OneSlicePerPlugin()).should().notDependOnEachOther();

    // ---- libraries

    @ArchTest
    static final ArchRule osgi_types_appear_only_in_bundles_and_launcher = noClasses()
            .that(not(resideInAnyPackage(BUNDLES)).and(not(resideInAPackage(LAUNCHER))))
            .should()
            .dependOnClassesThat(resideInAPackage("org.osgi..").and(not(resideInAPackage("org.osgi.annotation.."))));

    @ArchTest
    static final ArchRule guice_appears_only_in_bundles_and_plugins = noClasses()
            .that(not(resideInAnyPackage(BUNDLES)).and(not(resideInAPackage(PLUGINS))))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.google.inject..");

    @ArchTest
    static final ArchRule engines_appear_only_in_plugins = noClasses()
            .that()
            .resideOutsideOfPackages(PLUGINS, "org.plumbline.launcher.doctor..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai.djl..", "ai.onnxruntime..")
            .because("who computes asks a backend; only the doctor looks at engines themselves");

    // ---- habits

    @ArchTest
    static final ArchRule only_the_launcher_and_bundles_talk_to_the_console = noClasses()
            .that()
            .resideInAnyPackage(SPI, TOOLKIT, KERNEL, PLUGINS)
            .should(ACCESS_STANDARD_STREAMS)
            .because("what happened is logged or returned; only a front end prints");

    @ArchTest
    static final ArchRule randomness_has_a_seed = noClasses()
            .that()
            .resideInAnyPackage(SPI, TOOLKIT, KERNEL, PLUGINS)
            .should()
            .callConstructor(Random.class)
            .orShould()
            .callConstructor(SplittableRandom.class)
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .callMethod(ThreadLocalRandom.class, "current")
            .because("the same study gives the same numbers: draw keyed noise from the toolkit");

    private static ArchRule sees(String who, String... whom) {
        return noClasses()
                .that()
                .resideInAPackage(who)
                .should()
                .dependOnClassesThat(resideInAPackage("org.plumbline..")
                        .and(not(resideInAPackage(who)))
                        .and(not(resideInAnyPackage(whom))))
                .as(who + " sees nothing of Plumbline but itself and " + String.join(", ", whom));
    }

    /** A plugin is a jar, whatever its packages are called. */
    private static final class OneSlicePerPlugin implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
            return javaClass
                    .getSource()
                    .map(source -> source.getUri().toString())
                    .filter(uri -> uri.contains("/plugins/") && uri.contains(".jar!"))
                    .map(uri -> SliceIdentifier.of(
                            uri.replaceFirst("\\.jar!.*", ".jar").replaceFirst(".*/", "")))
                    .orElseGet(SliceIdentifier::ignore);
        }

        @Override
        public String getDescription() {
            return "plugins";
        }
    }

    /** Everything of ours in the application, and the test kit, which is published but not shipped. */
    static final class OurJars implements LocationProvider {
        @Override
        public Set<Location> get(Class<?> testClass) {
            Set<Location> locations = new HashSet<>(Locations.ofPackage("org.plumbline.testkit"));
            Stream.of("lib", "bundles", "plugins")
                    .flatMap(folder -> App.jars(folder).stream())
                    .filter(jar -> jar.getFileName().toString().startsWith("plumbline-"))
                    .filter(jar -> !jar.getFileName().toString().startsWith("plumbline-guice-")) // only others' code
                    .map(Path::toUri)
                    .map(uri -> Location.of(URI.create("jar:" + uri + "!/")))
                    .forEach(locations::add);
            return locations;
        }
    }
}
