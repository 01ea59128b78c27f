package org.plumbline.it.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.launcher.Host;
import org.plumbline.spi.model.ModelInspection;
import org.plumbline.spi.model.ModelInspection.Cost;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.toolkit.file.AtomicFile;

/**
 * The published table of what an update costs on models in full size: calls from the counters of the chain, multiply-adds
 * and memory from the shapes of the networks. The committed page must be what is computed.
 *
 * <p>{@code -Dplumbline.scale=write} writes the page anew.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScaleTableTest {
    private static final Path HOME = Path.of(
                    System.getProperty("plumbline.home", "../distribution/app/target/plumbline"))
            .toAbsolutePath()
            .normalize();
    private static final Path PAGE =
            HOME.resolve("../../../../plugins/SCALE.md").normalize();
    private static final int STEPS = 20;
    private static final double GIB = 1L << 30;

    /** Forms whose costs differ. Counts of random ones are those of one draw. */
    private static final List<Form> FORMS = List.of(
            new Form("full back-propagation", "truncated-bp", Map.of("cutoff", "full"), false),
            new Form("truncated BP (K=1)", "truncated-bp", Map.of("steps", 1), false),
            new Form("truncated BP (K=5)", "truncated-bp", Map.of("steps", 5), false),
            new Form("DRaFT-LV", "draft-lv", Map.of(), false),
            new Form("DRTune", "drtune", Map.of(), true),
            new Form("ReFL", "refl", Map.of(), true),
            new Form("Direct-Align", "direct-align", Map.of(), true),
            new Form("FlowBP", "flowbp", Map.of(), true),
            new Form("RLR tiled (h=2)", "rlr", Map.of(), false),
            new Form("RLR exact (h=2, 1 direction)", "rlr", Map.of("mode", "exact"), false),
            new Form("RLR exact (h=2, 8 directions)", "rlr", Map.of("mode", "exact", "directions", 8), false),
            new Form("policy gradient", "policy-gradient", Map.of(), false),
            new Form("SPSA (1 direction)", "spsa", Map.of(), false),
            new Form("AdjointDPM (heun)", "adjoint-dpm", Map.of(), false),
            new Form("AdjointDPM (rk4)", "adjoint-dpm", Map.of("method", "rk4"), false),
            new Form("AdjointDEIS", "adjoint-deis", Map.of(), false),
            new Form("adjoint matching", "adjoint-matching", Map.of(), false),
            new Form("Rex", "rex", Map.of(), false),
            new Form("symplectic guidance", "symplectic-guidance", Map.of(), false));

    private static final List<Model> MODELS = List.of(
            new Model("sd15", "Stable Diffusion 1.5, 512x512", 4 * 64 * 64),
            new Model("sdxl", "Stable Diffusion XL, 1024x1024", 4 * 128 * 128),
            new Model("video", "text-to-video of 1.4 G parameters, 16 frames of 256x256", 4 * 16 * 32 * 32));

    @TempDir
    static Path scratch;

    private Host host;

    /** An estimator with settings. */
    private record Form(String name, String id, Map<String, Object> settings, boolean random) {}

    /**
     * A model.
     *
     * @param folder of its configurations
     * @param latent numbers of one latent
     */
    private record Model(String folder, String name, long latent) {}

    @BeforeAll
    void start() {
        host = Host.start(new Host.Settings(
                HOME,
                List.of(HOME.resolve("plugins")),
                scratch.resolve("cache"),
                Duration.ofMinutes(1),
                Duration.ofSeconds(10)));
    }

    @AfterAll
    void stop() {
        host.close();
    }

    @Test
    void thePageIsWhatIsCounted() throws IOException, URISyntaxException {
        String page = page();
        if ("write".equals(System.getProperty("plumbline.scale"))) {
            AtomicFile.write(PAGE, page);
        }
        assertEquals(page, Files.readString(PAGE), "write it anew with -Dplumbline.scale=write");
    }

    /** Known from elsewhere: the number of parameters, and of the multiply-adds of one call of Stable Diffusion 1.5. */
    @Test
    void theCountsAreThoseOfTheNetworks() throws URISyntaxException {
        Cost unet = cost(inspect("sd15"), "unet");
        assertEquals(859_520_964, unet.parameters());
        // Published profiles give 0.34 to 0.41 T, depending on whether attention is counted.
        assertTrue(unet.multiplyAdds() > 339e9 && unet.multiplyAdds() < 410e9, unet.toString());
        assertEquals(83_653_863, cost(inspect("sd15"), "vae").parameters());
        assertEquals(2_567_463_684L, cost(inspect("sdxl"), "unet").parameters());
        assertEquals(123_060_480, cost(inspect("sd15"), "text_encoder").parameters());
    }

    private ModelInspection inspect(String model) throws URISyntaxException {
        Path folder = Path.of(Objects.requireNonNull(ScaleTableTest.class.getResource("/scale/" + model))
                .toURI());
        try (Lease<ModelLoader> loader = host.catalog().lease(ModelLoader.class, "diffusers", Map.of(), HOME)) {
            return loader.get().inspect(folder);
        }
    }

    private static Cost cost(ModelInspection model, String part) {
        return model.components().stream()
                .filter(component -> component.name().equals(part))
                .map(ModelInspection.Component::cost)
                .findFirst()
                .map(Objects::requireNonNull)
                .orElseThrow();
    }

    private static boolean has(ModelInspection model, String part) {
        return model.components().stream()
                .anyMatch(component -> component.name().equals(part));
    }

    // ---- the page

    private String page() throws IOException, URISyntaxException {
        StringBuilder page = new StringBuilder("""
                # What an update costs on models in full size

                Counted, not typed: network calls by the counters of the chain (one update of every estimator, run in the tests),
                multiply-adds and memory from the shapes of the networks (`plumbline model inspect` prints them for any folder).
                Not to be edited; written anew by `mvn verify -pl it-tests -Dit.test=ScaleTableTest -Dplumbline.scale=write`.

                One sample, DDIM with eta 1 (0 where the estimator needs it), guidance (every call has 2 rows), adapters of rank 4 on attention, everything in float32.

                ## Networks

                | model | network | parameters | multiply-adds of one row, forward | kept for a gradient, per row | the same, recomputing segments |
                |---|---|---|---|---|---|
                """);
        for (Model model : MODELS) {
            ModelInspection found = inspect(model.folder);
            for (ModelInspection.Component part : found.components()) {
                Cost cost = part.cost();
                if (cost != null) {
                    page.append(row(
                            model.name,
                            part.name().equals("vae") ? "vae, decoding" : part.name(),
                            String.format(Locale.ROOT, "%,d", cost.parameters()),
                            tera(cost.multiplyAdds()),
                            gib(cost.kept() * Float.BYTES),
                            gib(cost.keptInSegments() * Float.BYTES)));
                }
            }
        }
        page.append("""

                Kept are the operands that derivatives need: inputs of norms and activations, factors of products, queries, keys, values
                and results of attention (scores are computed piece by piece), inputs of layers with adapters. Inputs of frozen layers are
                not kept. `recompute: segments` is a setting of the backend `djl-pytorch`.

                ## Network calls of one update

                F forward, B backward (vector-Jacobian products), per sample and for T steps, the sampling of the trajectory included. What
                is differentiated is called forward again, at the recorded state: that call is part of F. The counts at T = 10, 20 and 40
                lie on the lines given, or are given themselves; those of estimators that draw steps at random (*) are one draw at T = 20.

                | estimator | F | B | at T = 20 | rewards at T = 20 |
                |---|---|---|---|---|
                """);
        List<CallCounts.Calls> calls = new ArrayList<>();
        CallCounts counts = new CallCounts(host.catalog());
        for (Form form : FORMS) {
            CallCounts.Calls at20 = counts.of(form.id, form.settings, STEPS);
            calls.add(at20);
            if (form.random) {
                page.append(row(
                        form.name + " *",
                        "",
                        "",
                        at20.forward() + " + " + at20.backward(),
                        String.valueOf(at20.rewards())));
                continue;
            }
            CallCounts.Calls at10 = counts.of(form.id, form.settings, STEPS / 2);
            CallCounts.Calls at40 = counts.of(form.id, form.settings, 2 * STEPS);
            page.append(row(
                    form.name,
                    line(at10.forward(), at20.forward(), at40.forward()),
                    line(at10.backward(), at20.backward(), at40.backward()),
                    at20.forward() + " + " + at20.backward(),
                    String.valueOf(at20.rewards())));
        }
        page.append("""

                ## Multiply-adds and memory of one update, T = 20

                Multiply-adds = 2 rows x (F + B) x those of the denoiser, since pulling a cotangent through frozen weights has as many as a
                forward pass (through trained weights, twice as many), + (rewards + 1 if B > 0) x those of decoding.

                Memory = weights of denoiser and decoder + the larger of what the denoiser keeps for 2 rows and what the decoder keeps for
                one (if B = 0: four of their largest values) + T + 1 recorded latents. It depends on T through the latents alone, since one
                call is differentiated at a time. The adapters with their gradient and moments are a few ten MB; the text networks leave the
                session when they have worked; a process needs about 1 GiB beside all this. With weights in two bytes (`precision:
                bfloat16`) the first term halves.

                """);
        page.append("| estimator |");
        MODELS.forEach(model -> page.append(' ').append(model.name).append(" | memory |"));
        page.append("\n|---|").append("---|---|".repeat(MODELS.size())).append('\n');
        for (int i = 0; i < FORMS.size(); i++) {
            List<String> cells = new ArrayList<>(List.of(FORMS.get(i).name));
            for (Model model : MODELS) {
                ModelInspection found = inspect(model.folder);
                Cost unet = cost(found, "unet");
                Cost vae = has(found, "vae") ? cost(found, "vae") : new Cost(0, 0, 0, 0, 0);
                boolean differentiates = calls.get(i).backward() > 0;
                cells.add(tera(2 * (calls.get(i).forward() + calls.get(i).backward()) * unet.multiplyAdds()
                        + (calls.get(i).rewards() + (differentiates ? 1 : 0)) * vae.multiplyAdds()));
                cells.add(gib(memory(model, unet, vae, differentiates)));
            }
            page.append(row(cells.toArray(String[]::new)));
        }
        return page.append(measured()).toString();
    }

    private static long memory(Model model, Cost unet, Cost vae, boolean differentiates) {
        long weights = unet.parameters() + vae.parameters();
        long work = differentiates
                ? Math.max(2 * unet.kept(), vae.kept())
                : 4 * Math.max(2 * unet.largest(), vae.largest());
        return Float.BYTES * (weights + work + (STEPS + 1) * model.latent);
    }

    /** What FullScaleTest measured. */
    private static String measured() throws IOException {
        StringBuilder text = new StringBuilder("""

                ## Measured

                Stable Diffusion 1.5 in full shape with random weights stored in float16, 256x256, one sample, 2 steps, guidance 7.5,
                `djl-pytorch` on one thread of the CPU of a busy machine: `FullScaleTest`, a process for each estimator. Times depend on the
                machine, memory does not.

                | estimator | calls (F + B) | to load | one update | resident after loading | peak |
                |---|---|---|---|---|---|
                """);
        for (String estimator : List.of("truncated-bp", "rlr")) {
            try (InputStream in = ScaleTableTest.class.getResourceAsStream("/scale/measured/" + estimator + ".json")) {
                JsonNode json = new ObjectMapper().readTree(Objects.requireNonNull(in, estimator));
                text.append(row(
                        estimator.equals("rlr") ? "RLR tiled (h=1)" : "truncated BP (K=1)",
                        json.path("calls forward").asInt() + " + "
                                + json.path("calls backward").asInt(),
                        seconds(json.path("seconds to load")),
                        seconds(json.path("seconds to sample and to estimate")),
                        gib(json.path("resident after loading").asLong()),
                        gib(json.path("peak resident").asLong())));
            }
        }
        return text.toString();
    }

    private static String seconds(JsonNode number) {
        return String.format(Locale.ROOT, "%.0f s", number.asDouble());
    }

    private static String row(String... cells) {
        return "| " + String.join(" | ", cells) + " |\n";
    }

    /** The line through the counts at 10, 20 and 40 steps, or the three counts if there is none. */
    private static String line(long at10, long at20, long at40) {
        long slope = (at20 - at10) / (STEPS / 2);
        long rest = at20 - slope * STEPS;
        if (at10 != slope * STEPS / 2 + rest || at40 != slope * 2 * STEPS + rest) {
            return at10 + ", " + at20 + ", " + at40;
        }
        if (slope == 0) {
            return String.valueOf(rest);
        }
        String first = slope == 1 ? "T" : slope + " T";
        return rest == 0 ? first : first + (rest < 0 ? " - " : " + ") + Math.abs(rest);
    }

    private static String tera(long multiplyAdds) {
        double tera = multiplyAdds / 1e12;
        return String.format(Locale.ROOT, tera < 1000 ? "%.3g T" : "%,.0f T", tera);
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, bytes < 9.95 * GIB ? "%.2f GiB" : "%.1f GiB", bytes / GIB);
    }
}
