package org.plumbline.toolkit.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpellingTest {
    @ParameterizedTest
    @CsvSource({
        "stepSize, step-size",
        "h, h",
        "useEMA, use-ema",
        "emaDecay, ema-decay",
        "XMLFile, xml-file",
        "TILED_HO, tiled-ho",
        "adam1Beta, adam1-beta"
    })
    void javaNamesBecomeKebabCase(String java, String kebab) {
        assertEquals(kebab, Spelling.kebab(java));
    }

    @ParameterizedTest
    @CsvSource({
        "step_size, step-size",
        "stepSize, step-size",
        "setp-size, step-size", // two letters swapped
        "dirctions, directions",
        "modes, mode",
        "rlrr, rlr"
    })
    void aTypingErrorFindsWhatWasMeant(String written, String meant) {
        assertEquals(Optional.of(meant), Spelling.nearest(written, List.of("directions", "mode", "rlr", "step-size")));
    }

    @Test
    void nothingIsGuessedFromAfar() {
        assertEquals(Optional.empty(), Spelling.nearest("learning-rate", List.of("directions", "mode", "h")));
    }
}
