package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.plugin.Places;
import org.plumbline.kernel.pretrain.Pretrain;
import org.plumbline.kernel.pretrain.PretrainFile;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.kernel.progress.Progress;
import org.plumbline.launcher.Host;

/** What the model cards of the shipped models claim, measured again on the weights that are shipped. */
@Tag("long")
class ShippedModelTest {
    /** Difference of the mean thickness, in pixels, and of the mean slant between the groups of the training images. */
    private static final double THICKNESS_GAP = 0.751;

    private static final double SLANT_GAP = 0.377;

    /** Difference of the mean way in pixels, from the first frame to the last, between quick and slow training clips. */
    private static final double QUICKER = 1.4;

    @TempDir
    private Path folder;

    @Test
    void theShippedModelDrawsWhatItIsAskedFor() throws IOException {
        Map<String, Double> means = measure("digits", 2000, 200);
        double recognised = means.get("recognised digit-classifier");
        double bolder = means.get("bold stroke-weight") - means.get("thin stroke-weight");
        double further = means.get("slanted stroke-weight") - means.get("upright stroke-weight");
        assertTrue(recognised >= 0.95, "recognised: " + recognised);
        assertTrue(bolder >= THICKNESS_GAP / 2, "bold minus thin: " + bolder);
        assertTrue(further >= SLANT_GAP / 2, "slanted minus upright: " + further);
    }

    @Test
    void theShippedVideoModelMovesTheDigitItIsAskedForAsItIsAskedTo() throws IOException {
        Map<String, Double> means = measure("digits-motion", 4000, 500);
        double recognised = means.get("moving digit-classifier");
        double followed = means.get("moving motion-direction");
        double still = means.get("still motion-direction");
        double further = means.get("quickly displacement") - means.get("slowly displacement");
        assertTrue(recognised >= 0.9, "recognised in the middle frame: " + recognised);
        assertTrue(followed >= 0.9, "moves in the named direction: " + followed);
        assertTrue(still >= 0.9, "stands still: " + still);
        assertTrue(further >= QUICKER / 2, "quickly minus slowly: " + further);
    }

    /** Runs the shipped recipe without its training, on the shipped weights. */
    private Map<String, Double> measure(String model, int updates, int gridEvery) throws IOException {
        String recipe = Files.readString(App.HOME.resolve("models/" + model + "/pretrain.yaml"));
        String measuring = recipe.replace("iterations: " + updates, "iterations: 0")
                .replace("condition-dropout:", "start: stored\n  condition-dropout:")
                .replace("output: runs/pretrain-" + model, "output: " + folder.resolve("out"))
                .replace("grid-every: " + gridEvery, "grid-every: 0");
        assertTrue(measuring.contains("iterations: 0") && measuring.contains("grid-every: 0"), measuring);
        assertEquals(
                recipe.lines().count() + 1,
                measuring.lines().count(),
                "the recipe is not written as this test expects");
        Path file = Files.writeString(folder.resolve("measure.yaml"), measuring);
        Places places = new Places(List.of(folder, App.HOME));
        Host.Settings usual = Host.Settings.of(App.HOME, folder.resolve("more"));
        try (Host host = Host.start(new Host.Settings(
                usual.home(), usual.pluginFolders(), folder.resolve("cache"), usual.poll(), usual.drain()))) {
            new Pretrain(host.catalog(), places::resolve)
                    .run(PretrainFile.read(file), Progress.silent(), new Interruption());
        }
        Map<String, Double> means = new TreeMap<>();
        List<String> lines = new ArrayList<>(Files.readAllLines(folder.resolve("out/training/evaluation.jsonl")));
        for (String line : lines) {
            JsonNode result = new JsonMapper().readTree(line);
            boolean way = result.get("settings").asText().contains("displacement");
            String key = result.get("name").asText() + " "
                    + (way ? "displacement" : result.get("reward").asText());
            means.putIfAbsent(key, result.get("mean").asDouble());
        }
        return means;
    }
}
