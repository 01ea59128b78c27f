package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.plumbline.it.HostFixture.eventually;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.reward.RewardModel;

/** Jars that cannot be used, and what the host says about them. */
class UnavailablePluginTest {
    private static final String ID = "org.example.broken";

    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    private HostFixture host;

    @BeforeEach
    void start() {
        host = new HostFixture(folder, cache);
    }

    @AfterEach
    void stop() {
        host.close();
    }

    @Test
    void bundleForANewerPlatformSaysWhatItNeedsAndWhatThereIs() throws Exception {
        PluginJar.reward("broken", "1.0.0", ID)
                .header(
                        "Import-Package",
                        "org.plumbline.spi.plugin;version=\"[1.0,2)\",org.plumbline.spi.reward;version=\"[7.0,8)\"")
                .dropInto(folder, "broken.jar");
        assertReasons(
                ID,
                "bundle broken 1.0.0 does not resolve",
                "bundle broken 1.0.0 needs package org.plumbline.spi.reward, version [7.0.0, 8.0.0);"
                        + " there is 1.2.0 in the platform");
        var failure = assertThrows(PlumblineException.class, () -> host.lease(ID));
        assertTrue(failure.getMessage().contains("needs package org.plumbline.spi.reward"), failure.getMessage());
    }

    @Test
    void missingLibraryIsFollowedThroughTheBundleThatWouldProvideIt() throws Exception {
        PluginJar.reward("broken", "1.0.0", ID)
                .imports("org.example.lib;version=\"1.0\"")
                .dropInto(folder, "broken.jar");
        assertReasons(
                ID,
                "bundle broken 1.0.0 does not resolve",
                "bundle broken 1.0.0 needs package org.example.lib, version 1.0.0 or newer;"
                        + " nobody provides this package");

        library("lib", "org.example.lib;version=1.5")
                .imports("org.example.deeper")
                .dropInto(folder, "lib.jar");
        assertReasons(
                ID,
                "bundle broken 1.0.0 does not resolve",
                "bundle broken 1.0.0 needs package org.example.lib, version 1.0.0 or newer;"
                        + " bundle lib 1.0.0 would provide it but cannot be used itself",
                "bundle lib 1.0.0 needs package org.example.deeper; nobody provides this package");

        library("deeper", "org.example.deeper").dropInto(folder, "deeper.jar");
        eventually("is repaired without being touched", () -> host.available(ID));
        assertEquals(List.of(), host.catalog().problems());
    }

    private static PluginJar library(String bundle, String exports) {
        String name = exports.replaceFirst(";.*", "");
        return PluginJar.of(bundle, "1.0.0")
                .source(name + ".Thing", "package " + name + "; public class Thing {}")
                .header("Export-Package", exports);
    }

    @Test
    void bundleForANewerJavaSaysSo() throws Exception {
        PluginJar.reward("broken", "1.0.0", ID)
                .header("Require-Capability", "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\"")
                .dropInto(folder, "broken.jar");
        assertReasons(
                ID,
                "bundle broken 1.0.0 does not resolve",
                "bundle broken 1.0.0 needs a newer Java: (&(osgi.ee=JavaSE)(version=99)); this is Java "
                        + Runtime.version().feature());
    }

    @Test
    void jarThatIsNoBundleSaysHowToBuildOne() throws Exception {
        PluginJar.reward("broken", "1.0.0", ID)
                .header("Bundle-SymbolicName", null)
                .dropInto(folder, "plain.jar");
        eventually("is reported", () -> !host.reasons("plain.jar").isEmpty());
        assertTrue(
                host.reasons("plain.jar").get(0).endsWith("its manifest has no Bundle-SymbolicName"),
                host.reasons("plain.jar").toString());
        Files.delete(folder.resolve("plain.jar"));
        eventually("is forgotten", () -> host.reasons("plain.jar").isEmpty());
    }

    @Test
    void idThatIsTakenIsRefusedUntilItsOwnerIsGone() throws Exception {
        PluginJar.reward("first", "1.0.0", ID).dropInto(folder, "first.jar");
        eventually("first", () -> host.available(ID));
        PluginJar.reward("second", "9.0.0", ID).dropInto(folder, "second.jar");
        assertReasons(
                ID + " (second)",
                "reward 'org.example.broken' (second 9.0.0) is not used",
                "the id is taken by reward 'org.example.broken' (first 1.0.0)",
                "remove one of the two jars, or give one another id");
        assertEquals("1.0.0", host.version(ID));
        Files.delete(folder.resolve("first.jar"));
        eventually("the second takes its place", () -> host.version(ID).equals("9.0.0"));
        assertEquals(List.of(), host.catalog().problems());
    }

    @Test
    void twoJarsOfTheSameBundleAndVersionDoNotCoexist() throws Exception {
        PluginJar.reward("same", "1.0.0", ID).dropInto(folder, "a.jar");
        eventually("first", () -> host.available(ID));
        PluginJar.reward("same", "1.0.0", ID).dropInto(folder, "b.jar");
        eventually("second is reported", () -> !host.reasons("b.jar").isEmpty());
        assertTrue(
                host.reasons("b.jar").get(0).endsWith("b.jar cannot be installed"),
                host.reasons("b.jar").toString());
    }

    // ---- classes

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            @Plugin(id = "Broken", description = "") public final class Reward implements BlackBoxRewardModel | the id 'Broken' is not lower-case letters
            @Plugin(id = "org.example.broken", description = "") public final class Reward implements Comparable<String> | class test.reward.Reward implements no role
            @Plugin(id = "org.example.broken", description = "") public final class Reward implements BlackBoxRewardModel, org.plumbline.spi.model.ModelLoader | class test.reward.Reward implements several roles, model loader and reward
            @Plugin(id = "org.example.broken", description = "") public abstract class Reward implements BlackBoxRewardModel | class test.reward.Reward is abstract
            public final class Reward implements BlackBoxRewardModel | class test.reward.Reward is listed as a plugin but is not annotated @Plugin
            @Plugin(id = "org.example.broken", description = "", modules = String.class) public final class Reward implements BlackBoxRewardModel | java.lang.String is named as a module but is no Guice module
            @Plugin(id = "org.example.broken", description = "", configuration = Loose.class) public final class Reward implements BlackBoxRewardModel | configuration record test.reward.Loose: component 'a' has no @Setting
            """)
    void classThatBreaksTheRulesIsRefusedWithTheRule(String declaration, String rule) throws Exception {
        PluginJar.of("broken", "1.0.0")
                .source("test.reward.Reward", source(declaration, "public Reward() {}"))
                .plugin("test.reward.Reward", ID)
                .imports("org.plumbline.spi.model")
                .dropInto(folder, "broken.jar");
        assertRefused(rule);
    }

    @Test
    void classWithoutAUsableConstructorIsRefused() throws Exception {
        PluginJar.of("broken", "1.0.0")
                .source(
                        "test.reward.Reward",
                        source(
                                "@Plugin(id = \"org.example.broken\", description = \"\")"
                                        + " public final class Reward implements BlackBoxRewardModel",
                                "public Reward(String what) {}"))
                .plugin("test.reward.Reward", ID)
                .dropInto(folder, "broken.jar");
        assertRefused("class test.reward.Reward has neither a constructor marked @jakarta.inject.Inject");
    }

    @Test
    void classThatDoesNotExistIsNamed() throws Exception {
        PluginJar.of("broken", "1.0.0").plugin("test.Nowhere", ID).dropInto(folder, "broken.jar");
        eventually("is reported", () -> !host.reasons("test.Nowhere").isEmpty());
        assertEquals(
                "in broken 1.0.0: class test.Nowhere cannot be loaded",
                String.join(": ", host.reasons("test.Nowhere").subList(0, 2)));
    }

    @Test
    void classThatNeedsAPackageWhichIsNotImportedNamesIt() throws Exception {
        PluginJar.reward("broken", "1.0.0", ID)
                .header("Import-Package", "org.plumbline.spi.plugin,org.plumbline.spi.provenance")
                .dropInto(folder, "broken.jar");
        eventually("is reported", () -> !host.reasons("test.reward.Reward").isEmpty());
        List<String> reasons = host.reasons("test.reward.Reward");
        assertEquals("class test.reward.Reward cannot be loaded", reasons.get(1));
        assertEquals("missing org.plumbline.spi.reward.BlackBoxRewardModel", reasons.get(2));
    }

    private static String source(String declaration, String constructor) {
        return """
                package test.reward;
                import java.util.List;
                import org.plumbline.spi.plugin.*;
                import org.plumbline.spi.reward.*;
                record Loose(int a) {}
                %s {
                    %s
                    public String unit() { return ""; }
                    public double[] score(ImageBatch images, List<String> prompts) { return new double[0]; }
                    public int compareTo(String other) { return 0; }
                    public org.plumbline.spi.model.DiffusionModel load(java.nio.file.Path folder) { return null; }
                }
                """.formatted(declaration, constructor);
    }

    private void assertRefused(String rule) throws InterruptedException {
        eventually("is reported", () -> !host.catalog().problems().isEmpty());
        String said = host.catalog().problems().get(0).reasons().toString();
        assertTrue(said.contains(rule), said);
        assertFalse(host.available(ID));
    }

    private void assertReasons(String what, String... expected) throws InterruptedException {
        eventually(
                () -> what + " because of " + List.of(expected) + " but "
                        + host.catalog().problems(),
                () -> host.reasons(what).equals(List.of(expected)));
    }

    @Test
    void pluginThatWorksIsNotDisturbedByTheOthers() throws Exception {
        PluginJar.of("broken", "1.0.0").plugin("test.Nowhere", ID).dropInto(folder, "broken.jar");
        Files.write(folder.resolve("garbage.jar"), new byte[100]);
        PluginJar.reward("fine", "1.0.0", "org.example.fine").dropInto(folder, "fine.jar");
        eventually("appears", () -> host.available("org.example.fine"));
        try (Lease<RewardModel> lease = host.lease("org.example.fine")) {
            assertEquals(1, HostFixture.score(lease.get(), 1).length);
        }
    }
}
