package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.plumbline.it.HostFixture.eventually;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.reward.RewardModel;

/** How a plugin object comes into being: its settings, its context, its injector. The unit of the reward tells. */
class PluginCreationTest {
    private static final String ID = "org.example.made";
    private static final String SOURCE = """
            package test.made;
            import com.google.inject.*;
            import jakarta.inject.Inject;
            import jakarta.inject.Singleton;
            import java.util.List;
            import org.jspecify.annotations.Nullable;
            import org.plumbline.spi.error.*;
            import org.plumbline.spi.plugin.*;
            import org.plumbline.spi.reward.*;
            @Plugin(id = "org.example.made", description = "a test",
                    configuration = Made.Configuration.class, modules = Made.Wiring.class)
            final class Made implements BlackBoxRewardModel {
                enum Mode { GENTLE, VERY_HARSH }
                record Configuration(
                        @Setting(description = "strength", defaultValue = "2", min = 0, max = 9) int strength,
                        @Setting(description = "mode", defaultValue = "gentle") Mode mode,
                        @Setting(description = "file to read") @Nullable String file) {}
                static final class Wiring extends AbstractModule {
                    @Provides @Singleton StringBuilder shared() { return new StringBuilder("shared"); }
                }
                static final class Part { @Inject StringBuilder shared; }
                private final String unit;
                @Inject
                Made(Configuration configuration, PluginContext context, Part one, Part other) {
                    if (configuration.strength() == 7) throw new IllegalStateException("seven");
                    if (configuration.strength() == 8) throw PlumblineException.of(StandardError.INCOMPATIBLE)
                            .asked("eight and gentle").build();
                    String file = configuration.file() == null ? "no file" : context.resolve(configuration.file()).toString();
                    unit = context.id() + " " + configuration.strength() + " " + configuration.mode() + " " + file
                            + " " + (one.shared == other.shared) + " " + System.identityHashCode(one.shared);
                }
                @Override public String unit() { return unit; }
                @Override public double[] score(ImageBatch images, List<String> prompts) { return new double[0]; }
            }
            """;

    @TempDir
    private static Path folder;

    @TempDir
    private static Path cache;

    private static HostFixture host;

    @BeforeAll
    static void start() throws Exception {
        host = new HostFixture(folder, cache);
        PluginJar.of("made", "1.0.0")
                .source("test.made.Made", SOURCE)
                .plugin("test.made.Made", ID)
                .imports("com.google.inject;version=\"[1.4,2)\"")
                .dropInto(folder, "made.jar");
        eventually("appears: " + host.catalog().problems(), () -> host.available(ID));
    }

    @AfterAll
    static void stop() {
        host.close();
    }

    private static String made(Map<String, Object> settings) {
        try (Lease<RewardModel> lease = host.catalog().lease(RewardModel.class, ID, settings, folder)) {
            return lease.get().unit();
        }
    }

    @Test
    void settingsAreBoundAndDefaultsHold() {
        assertTrue(made(Map.of()).startsWith("org.example.made 2 GENTLE no file true "), made(Map.of()));
        assertTrue(made(Map.of("strength", "3", "mode", "very-harsh"))
                .startsWith("org.example.made 3 VERY_HARSH no file"));
    }

    @Test
    void badSettingsAreTheUsersFaultAndNameThePlugin() {
        var unknown = assertThrows(PlumblineException.class, () -> made(Map.of("strenght", 1)));
        assertEquals(StandardError.UNKNOWN_KEY, unknown.code());
        assertTrue(
                unknown.getMessage()
                        .startsWith("reward 'org.example.made' has no setting 'strenght';"
                                + " did you mean 'strength'?; available: file, mode, strength;"),
                unknown.getMessage());
        var range = assertThrows(PlumblineException.class, () -> made(Map.of("strength", 10)));
        assertEquals(StandardError.BAD_VALUE, range.code());
    }

    @Test
    void everyObjectHasAnInjectorOfItsOwn() {
        String one = made(Map.of());
        String other = made(Map.of());
        assertTrue(one.contains(" true ") && other.contains(" true "), "a singleton is one within an injector");
        assertNotEquals(one, other);
    }

    @Test
    void filesAreFoundBesideTheStudyFile() throws Exception {
        Path file = Files.createFile(folder.resolve("data.txt"));
        assertTrue(made(Map.of("file", "data.txt")).contains(file.toString()));
        assertTrue(made(Map.of("file", file.toString())).contains(file.toString()));
        assertTrue(
                made(Map.of("file", "lib")).contains(App.HOME.resolve("lib").toString()),
                "in the distribution at last");
        var missing = assertThrows(PlumblineException.class, () -> made(Map.of("file", "nowhere.txt")));
        assertEquals(StandardError.MISSING_FILE, missing.code());
        assertTrue(missing.getMessage().contains(folder.resolve("nowhere.txt").toString()), missing.getMessage());
    }

    @Test
    void constructorThatFailsIsThePluginsFault() {
        var failure = assertThrows(PlumblineException.class, () -> made(Map.of("strength", 7)));
        assertEquals(StandardError.PLUGIN_CREATION, failure.code());
        assertTrue(
                failure.getMessage()
                        .startsWith("reward 'org.example.made' (made 1.0.0) cannot be created:"
                                + " java.lang.IllegalStateException: seven"),
                failure.getMessage());
    }

    @Test
    void whatAConstructorExplainsReachesTheUser() {
        var failure = assertThrows(PlumblineException.class, () -> made(Map.of("strength", 8)));
        assertEquals(StandardError.INCOMPATIBLE, failure.code());
    }
}
