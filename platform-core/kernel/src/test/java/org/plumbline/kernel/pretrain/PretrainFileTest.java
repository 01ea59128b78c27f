package org.plumbline.kernel.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class PretrainFileTest {
    private static final String HEAD = """
            kind: denoiser
            output: out
            dataset: {id: bars, folder: here}
            denoiser: {model: m, training: {iterations: 3, learning-rate: 2e-3}}
            """;

    @TempDir
    private Path folder;

    @Test
    void readsPluginsWithTheirSettingsAndFillsInTheRest() throws IOException {
        PretrainFile file = read(HEAD);
        assertEquals(new PluginUse("bars", Map.of("folder", "here"), Map.of()), file.plugin("dataset"));
        assertEquals(new PluginUse("djl-pytorch", Map.of(), Map.of()), file.plugin("backend"));
        TrainingSettings training = file.root().denoiser().training();
        assertEquals(3, training.iterations());
        assertEquals(2e-3, training.learningRate());
        assertEquals(64, training.batch());
        assertEquals(List.of(), file.evaluation());
    }

    @Test
    void readsWhatToMeasure() throws IOException {
        PretrainFile file = read(HEAD + """
                evaluation:
                  - {name: both, samples: 7, prompts: [a one, a two], rewards: [{id: ink, sign: -1}, size]}
                """);
        Measurement both = file.evaluation().get(0);
        assertEquals(7, both.samples());
        assertEquals(List.of("a one", "a two", "a one"), List.of(both.prompt(0), both.prompt(1), both.prompt(2)));
        assertEquals(
                List.of(new PluginUse("ink", Map.of("sign", -1), Map.of()), new PluginUse("size", Map.of(), Map.of())),
                both.rewards());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evaluation: all",
                "evaluation: [{name: x, samples: 1, prompts: [a], rewards: [r]}]",
                "evaluation: [{name: x, samples: 5, prompts: [], rewards: [r]}]",
                "evaluation: [{name: x, samples: 5, prompts: [a], rewards: [r], colour: red}]",
                "evaluation: [{name: x, samples: 5, prompts: [a], rewards: [{sign: 1}]}]"
            })
    void refusesMeasurementsThatAreNotComplete(String section) {
        PlumblineException thrown = assertThrows(PlumblineException.class, () -> read(HEAD + section));
        assertEquals(StandardError.BAD_VALUE, thrown.code());
        assertTrue(thrown.getMessage().contains("evaluation"), thrown.getMessage());
    }

    private PretrainFile read(String text) throws IOException {
        return PretrainFile.read(Files.writeString(folder.resolve("file.yaml"), text));
    }
}
