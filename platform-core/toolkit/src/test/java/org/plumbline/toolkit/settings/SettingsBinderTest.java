package org.plumbline.toolkit.settings;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Included;
import org.plumbline.spi.plugin.Setting;

class SettingsBinderTest {
    enum Mode {
        EXACT,
        TILED_HO
    }

    private record Block(
            @Setting(description = "channels", min = 1) int channels,

            @Setting(description = "with attention", defaultValue = "false")
            boolean attention) {}

    private record Guidance(
            @Setting(description = "strength", defaultValue = "2.0", min = 0)
            double scale,

            @Setting(description = "prompt to lead away from") @Nullable
            String negativePrompt) {}

    private record Everything(
            @Setting(description = "perturbed rollouts", defaultValue = "4", min = 1, max = 64)
            int directions,

            @Setting(description = "seed", defaultValue = "9007199254740993")
            long seed,

            @Setting(description = "length of a step", defaultValue = "1e-2", min = 0)
            double stepSize,

            @Setting(description = "mirror directions", defaultValue = "true")
            boolean antithetic,

            @Setting(description = "name", defaultValue = "run")
            String name,

            @Setting(description = "where to cut", defaultValue = "tiled-ho")
            Mode mode,

            @Setting(description = "where to write", defaultValue = "out/run")
            Path folder,

            @Setting(description = "steps to keep", defaultValue = "1, 2, 3", min = 0)
            List<Integer> steps,

            @Setting(description = "words", defaultValue = "[]")
            List<String> words,

            @Setting(description = "modes to try", defaultValue = "[exact]")
            List<Mode> modes,

            @Setting(description = "blocks", defaultValue = "[]")
            List<Block> blocks,

            @Setting(description = "guidance") Guidance guidance,

            @Setting(description = "limit", min = 0) @Nullable
            Double limit,

            @Setting(description = "clip", defaultValue = "1", min = 0) @Nullable
            Double clip) {}

    private record NeedsOne(
            @Setting(description = "the label to ask for", min = 0, max = 9)
            int digit) {}

    private static final SettingsBinder<Everything> BINDER = SettingsBinder.of(Everything.class);

    // ---- good values

    @Test
    void absentKeysHaveTheirDefaults() {
        Everything bound = BINDER.bind(Map.of(), "test");
        assertEquals(
                new Everything(
                        4,
                        9007199254740993L,
                        0.01,
                        true,
                        "run",
                        Mode.TILED_HO,
                        Path.of("out/run"),
                        List.of(1, 2, 3),
                        List.of(),
                        List.of(Mode.EXACT),
                        List.of(),
                        new Guidance(2, null),
                        null,
                        1.0),
                bound);
    }

    @Test
    void valuesAreReadAsYamlGivesThem() {
        Everything bound = BINDER.bind(
                Map.ofEntries(
                        Map.entry("directions", 8),
                        Map.entry("seed", new BigInteger("9223372036854775807")),
                        Map.entry("step-size", "1e-3"), // a string in YAML
                        Map.entry("antithetic", false),
                        Map.entry("name", 7),
                        Map.entry("mode", "exact"),
                        Map.entry("folder", "elsewhere"),
                        Map.entry("steps", List.of(5L)),
                        Map.entry("words", List.of("one", "two")),
                        Map.entry("modes", List.of("tiled-ho", "exact")),
                        Map.entry("blocks", List.of(Map.of("channels", 16), Map.of("channels", 32, "attention", true))),
                        Map.entry("guidance", Map.of("scale", 3, "negative-prompt", "blurred")),
                        Map.entry("limit", 2)),
                "test");
        assertEquals(
                new Everything(
                        8,
                        Long.MAX_VALUE,
                        0.001,
                        false,
                        "7",
                        Mode.EXACT,
                        Path.of("elsewhere"),
                        List.of(5),
                        List.of("one", "two"),
                        List.of(Mode.TILED_HO, Mode.EXACT),
                        List.of(new Block(16, false), new Block(32, true)),
                        new Guidance(3, "blurred"),
                        2.0,
                        1.0),
                bound);
    }

    @Test
    void anEmptyValueTakesANullableSettingAwayEvenIfItHasADefault() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("clip", null);
        assertNull(BINDER.bind(settings, "test").clip());
    }

    @Test
    void unbindingAndBindingGivesTheSameRecord() {
        Everything bound = BINDER.bind(
                Map.of(
                        "blocks", List.of(Map.of("channels", 16)),
                        "guidance", Map.of("negative-prompt", "blurred"),
                        "mode", "exact"),
                "test");
        Map<String, Object> written = BINDER.unbind(bound);
        assertAll(
                () -> assertEquals(bound, BINDER.bind(written, "test")),
                () -> assertEquals(
                        Arrays.stream(Everything.class.getRecordComponents())
                                .map(component -> Spelling.kebab(component.getName()))
                                .toList(),
                        List.copyOf(written.keySet())),
                () -> assertEquals("exact", written.get("mode")),
                () -> assertEquals("out/run", written.get("folder")),
                () -> assertTrue(written.containsKey("limit")),
                () -> assertEquals(List.of(Map.of("channels", 16, "attention", false)), written.get("blocks")));
    }

    // ---- bad values

    @Test
    void anUnknownKeyIsAnErrorThatKnowsBetter() {
        var failure = failure(BINDER, Map.of("stepsize", 1, "directions", 2));
        assertEquals(StandardError.UNKNOWN_KEY, failure.code());
        assertEquals(
                "test has no setting 'stepsize'; did you mean 'step-size'?; available: antithetic, blocks, clip,"
                        + " directions, folder, guidance, limit, mode, modes, name, seed, step-size, steps, words;"
                        + " to do: correct the key, or remove it [UNKNOWN_KEY]",
                failure.getMessage());
    }

    @Test
    void anUnknownKeyOfANestedSectionIsNamedInFull() {
        var failure = failure(BINDER, Map.of("guidance", Map.of("scael", 1)));
        assertTrue(
                failure.getMessage()
                        .startsWith("test has no setting 'guidance.scael'; did you mean 'guidance.scale'?;"
                                + " available: negative-prompt, scale;"),
                failure.getMessage());
    }

    @Test
    void aMissingKeyIsExplained() {
        var failure = failure(SettingsBinder.of(NeedsOne.class), Map.of());
        assertEquals(StandardError.MISSING_KEY, failure.code());
        assertEquals(
                "test needs the setting 'digit': the label to ask for; available: a whole number, 0 to 9;"
                        + " to do: add 'digit' [MISSING_KEY]",
                failure.getMessage());
    }

    @Test
    void aListOfSectionsWithOneSectionMayBeWrittenWithoutTheList() {
        Map<String, Object> one = Map.of("channels", 1);
        assertEquals(BINDER.bind(Map.of("blocks", List.of(one)), "test"), BINDER.bind(Map.of("blocks", one), "test"));
    }

    @Test
    void aMissingKeyInAListIsNamedWithItsPlace() {
        var failure = failure(BINDER, Map.of("blocks", List.of(Map.of("channels", 1), Map.of())));
        assertTrue(
                failure.getMessage().startsWith("test needs the setting 'blocks[1].channels'"), failure.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 65})
    void aNumberOutOfRangeSaysRangeAndDefault(int directions) {
        var failure = failure(BINDER, Map.of("directions", directions));
        assertEquals(StandardError.BAD_VALUE, failure.code());
        assertEquals(
                "test: " + directions + " as 'directions'; available: a whole number, 1 to 64; the default is 4;"
                        + " to do: correct the value, or leave the key out [BAD_VALUE]",
                failure.getMessage());
    }

    static List<Map<String, Object>> malformed() {
        Map<String, Object> empty = new HashMap<>();
        empty.put("directions", null);
        return List.of(
                Map.of("directions", 1.5),
                Map.of("directions", "many"),
                Map.of("directions", true),
                Map.of("directions", 1L << 32),
                Map.of("directions", List.of(1)),
                empty,
                Map.of("seed", "9223372036854775808"),
                Map.of("step-size", Double.NaN),
                Map.of("step-size", Double.POSITIVE_INFINITY),
                Map.of("step-size", "1e999"),
                Map.of("step-size", "0x1p3"),
                Map.of("step-size", "1d"),
                Map.of("step-size", -1),
                Map.of("antithetic", "yes"),
                Map.of("antithetic", 1),
                Map.of("mode", "EXACT"),
                Map.of("mode", "tiled_ho"),
                Map.of("name", Map.of("a", 1)),
                Map.of("folder", 3),
                Map.of("steps", 3),
                Map.of("steps", List.of(1, -1)),
                Map.of("steps", Arrays.asList(1, null)),
                Map.of("guidance", 2),
                Map.of("guidance", Map.of("scale", -1)),
                Map.of("limit", -1));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void malformedValuesAreRefused(Map<String, Object> settings) {
        assertEquals(StandardError.BAD_VALUE, failure(BINDER, settings).code());
    }

    @Test
    void aBadElementIsNamedByItsPlace() {
        var failure = failure(BINDER, Map.of("modes", List.of("exact", "fast")));
        assertTrue(
                failure.getMessage().startsWith("test: 'fast' as 'modes[1]'; available: one of exact, tiled-ho;"),
                failure.getMessage());
    }

    record Picky(
            @Setting(description = "lower") int low,
            @Setting(description = "upper") int high) {
        Picky {
            if (low > high) {
                throw new IllegalArgumentException("low must not exceed high");
            }
        }
    }

    @Test
    void whatTheRecordItselfRefusesIsABadValue() {
        var failure = failure(SettingsBinder.of(Picky.class), Map.of("low", 2, "high", 1));
        assertEquals(StandardError.BAD_VALUE, failure.code());
        assertTrue(failure.getMessage().startsWith("test: low must not exceed high;"), failure.getMessage());
    }

    // ---- included records

    private record Spacing(
            @Setting(description = "first", defaultValue = "1", min = 0)
            int first,

            @Setting(description = "last") int last) {
        Spacing {
            if (first > last) {
                throw new IllegalArgumentException("first must not exceed last");
            }
        }
    }

    private record Levels(
            @Setting(description = "spread") @Nullable Mode spread,
            @Included Spacing spacing) {}

    private record Including(
            @Setting(description = "rate", defaultValue = "0.5")
            double rate,

            @Included Levels levels) {}

    private static final SettingsBinder<Including> INCLUDING = SettingsBinder.of(Including.class);

    @Test
    void settingsOfIncludedRecordsStandBesideTheOthers() {
        Including bound = INCLUDING.bind(Map.of("last", 7, "spread", "exact"), "test");
        assertEquals(new Including(0.5, new Levels(Mode.EXACT, new Spacing(1, 7))), bound);
        assertEquals(
                List.of("rate", "spread", "first", "last"),
                List.copyOf(INCLUDING.unbind(bound).keySet()));
        assertEquals(bound, INCLUDING.bind(INCLUDING.unbind(bound), "test"));
        assertEquals(
                List.of("rate", "spread", "first", "last"),
                INCLUDING.describe().stream().map(SettingDescription::key).toList());
    }

    @Test
    void whatIsWrongInAnIncludedRecordIsNamedAsTheUserWroteIt() {
        var absent = failure(INCLUDING, Map.of());
        assertEquals(StandardError.MISSING_KEY, absent.code());
        assertTrue(absent.getMessage().startsWith("test needs the setting 'last'"), absent.getMessage());
        var outside = failure(INCLUDING, Map.of("last", 3, "first", -1));
        assertTrue(outside.getMessage().startsWith("test: -1 as 'first'"), outside.getMessage());
        var unknown = failure(INCLUDING, Map.of("last", 3, "frist", 2));
        assertEquals(StandardError.UNKNOWN_KEY, unknown.code());
        assertTrue(
                unknown.getMessage().contains("did you mean 'first'?; available: first, last, rate, spread"),
                unknown.getMessage());
        var refused = failure(INCLUDING, Map.of("last", 0));
        assertTrue(refused.getMessage().startsWith("test: first must not exceed last"), refused.getMessage());
    }

    // ---- help

    @Test
    void settingsDescribeThemselves() {
        record Shown(
                @Setting(description = "rollouts", defaultValue = "4", min = 1, max = 64)
                int directions,

                @Setting(description = "guidance") Guidance guidance,

                @Setting(description = "blocks", defaultValue = "[]")
                List<Block> blocks,

                @Setting(description = "label", max = 9.5) double label,
                @Setting(description = "mode") @Nullable Mode mode) {}
        assertEquals(
                List.of(
                        new SettingDescription("directions", "a whole number", "4", false, "1 to 64", "rollouts"),
                        new SettingDescription("guidance.scale", "a number", "2.0", false, "at least 0", "strength"),
                        new SettingDescription(
                                "guidance.negative-prompt", "text", null, false, null, "prompt to lead away from"),
                        new SettingDescription(
                                "blocks[].channels", "a whole number", null, true, "at least 1", "channels"),
                        new SettingDescription(
                                "blocks[].attention", "true or false", "false", false, null, "with attention"),
                        new SettingDescription("label", "a number", null, true, "at most 9.5", "label"),
                        new SettingDescription("mode", "one of exact, tiled-ho", null, false, null, "mode")),
                SettingsBinder.of(Shown.class).describe());
    }

    // ---- the author's mistakes

    private record NoAnnotation(int a) {}

    private record WrongType(@Setting(description = "a") Thread a) {}

    private record RawList(
            @Setting(description = "a") @SuppressWarnings("rawtypes")
            List a) {}

    private record WrongDefault(
            @Setting(description = "a", defaultValue = "many")
            int a) {}

    private record DefaultOutOfRange(
            @Setting(description = "a", defaultValue = "0", min = 1)
            int a) {}

    private record RangeOfText(
            @Setting(description = "a", max = 3) String a) {}

    private record DefaultOfASection(
            @Setting(description = "a", defaultValue = "x") Guidance a) {}

    private record Outer(@Setting(description = "a") WrongDefault inner) {}

    private record IncludedNumber(@Included int a) {}

    private record IncludedAndNot(
            @Included @Setting(description = "a") Guidance a) {}

    private record IncludedPerhaps(@Included @Nullable Guidance a) {}

    private record SameKeyTwice(
            @Setting(description = "a", defaultValue = "1") double scale,

            @Included Guidance guidance) {}

    @ParameterizedTest
    @ValueSource(
            classes = {
                NoAnnotation.class,
                WrongType.class,
                RawList.class,
                WrongDefault.class,
                DefaultOutOfRange.class,
                RangeOfText.class,
                DefaultOfASection.class,
                Outer.class,
                IncludedNumber.class,
                IncludedAndNot.class,
                IncludedPerhaps.class,
                SameKeyTwice.class
            })
    void anIllFormedRecordIsFoundBeforeAnythingIsBound(Class<? extends Record> record) {
        var failure = assertThrows(PlumblineException.class, () -> SettingsBinder.of(record));
        assertEquals(StandardError.PLUGIN_CONTRACT, failure.code());
        assertTrue(failure.getMessage().contains(record.getName()), failure.getMessage());
    }

    private static PlumblineException failure(SettingsBinder<?> binder, Map<String, Object> settings) {
        return assertThrows(PlumblineException.class, () -> binder.bind(settings, "test"));
    }
}
