package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.it.App;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.plugin.ModelSampler;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.sampler.RecordedLoops;

/**
 * Every installed sampler with every installed estimator: an update is made where the check before a run allows it, and
 * where it does not, the refusal comes with a reason and before anything is evaluated. On the reference backend, and with
 * two estimators on libtorch.
 *
 * <p>{@code plugins/SAMPLERS.md} is what is found; {@code -Dplumbline.matrix=write} writes it anew.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SamplerMatrixTest {
    private static final Path PAGE =
            App.HOME.resolve("../../../../plugins/SAMPLERS.md").normalize();
    private static final long SEED = 13;
    private static final Set<String> ON_LIBTORCH = Set.of("truncated-bp", "rlr");

    @TempDir
    static Path scratch;

    private final Map<String, Workbench> benches = new HashMap<>();
    private Leases leases;
    private List<SamplerForm> samplers;
    private List<EstimatorForm> estimators;

    @BeforeAll
    void start() {
        leases = new Leases(scratch);
        samplers = SamplerForm.all(leases);
        estimators = new ArrayList<>();
        for (PluginDescription plugin : leases.catalog().list()) {
            if (plugin.role() == PluginRole.ESTIMATOR) {
                EstimatorForm.of(plugin).stream()
                        .filter(form -> form.settings().isEmpty()
                                || (form.id().equals("rlr") && form.settings().containsKey("mode")))
                        .forEach(estimators::add);
            }
        }
    }

    @AfterAll
    void stop() {
        leases.close();
    }

    @TestFactory
    Collection<DynamicTest> everySamplerWorksWithEveryEstimatorThatAllowsIt() {
        return samplers.stream()
                .map(sampler -> dynamicTest(sampler.toString(), () -> {
                    for (EstimatorForm form : estimators) {
                        prove(sampler, form, "reference");
                        if (form.settings().isEmpty() && ON_LIBTORCH.contains(form.id())) {
                            prove(sampler, form, "djl-pytorch");
                        }
                    }
                }))
                .toList();
    }

    private void prove(SamplerForm sampler, EstimatorForm form, String backend) {
        Workbench bench = bench(backend, sampler.ground());
        ChainProfile profile = bench.profile(sampler.program());
        GradientEstimator estimator = estimator(form);
        String what = form + " with " + sampler + " on " + backend;
        Ledger.Work before = bench.ledger().reading();
        if (!Compatibility.verdict(what, estimator, profile).possible()) {
            PlumblineException refusal =
                    assertThrows(PlumblineException.class, () -> Compatibility.check(what, estimator, profile), what);
            assertFalse(String.valueOf(refusal.getMessage()).isBlank(), what);
            assertEquals(before, bench.ledger().reading(), () -> "evaluated before it was refused: " + what);
            return;
        }
        double[] theta = bench.initialParameters(SEED);
        try (Rollout rollout = bench.rollout(estimator.program(profile, 0), batch(), theta);
                SamplingChain chain = bench.chain(rollout, theta, SEED, 0)) {
            double[] gradient = estimator.estimate(chain).gradient();
            assertTrue(Arrays.stream(gradient).allMatch(Double::isFinite), what);
            double[] moved = theta.clone();
            new AdamW(AdamW.Settings.usual(), theta.length).ascend(moved, gradient, 1e-3);
            assertFalse(Arrays.equals(theta, moved), () -> "no update: " + what);
        } catch (PlumblineException failure) {
            throw new AssertionError(what, failure);
        }
        assertTrue(bench.ledger().reading().since(before).nfeForward() > 0, what);
    }

    /** Exact back-propagation asks nothing of a sampler, and a likelihood ratio asks for noise. */
    @Test
    void theTwoMainEstimatorsWorkWhereTheyShould() {
        for (SamplerForm sampler : samplers) {
            ChainProfile profile = bench("reference", sampler.ground()).profile(sampler.program());
            assertTrue(possible(new EstimatorForm("truncated-bp", Map.of()), profile), sampler::toString);
            assertEquals(sampler.noisy(), possible(new EstimatorForm("rlr", Map.of()), profile), sampler::toString);
        }
    }

    private boolean possible(EstimatorForm form, ChainProfile profile) {
        return Compatibility.verdict("it", estimator(form), profile).possible();
    }

    /** A row of the recorded loops whose scheduler nobody reads would be silently left out of the tests. */
    @Test
    void everyRecordedSchedulerIsReadByOneSampler() throws IOException {
        Map<String, List<String>> readers = new HashMap<>();
        for (SamplerForm form : samplers) {
            if (form.settings().isEmpty()) {
                Sampler sampler = leases.lease(Sampler.class, form.id(), Map.of());
                sampler.schedulerClasses()
                        .forEach(name -> readers.computeIfAbsent(name, key -> new ArrayList<>())
                                .add(form.id()));
            }
        }
        readers.forEach((name, ids) -> assertEquals(1, ids.size(), () -> name + " is read by " + ids));
        Set<String> recorded = new TreeSet<>();
        for (JsonNode row : RecordedLoops.rows()) {
            recorded.add(row.get("scheduler").asText());
        }
        recorded.removeAll(Set.of("alphas_cumprod", "FlowGRPO_SDE"));
        recorded.removeAll(readers.keySet());
        assertEquals(Set.of(), recorded, "schedulers that no sampler reads");
    }

    /** The shipped model with the settings of every scheduler in turn, nothing but the class being said. */
    @Test
    void everySchedulerOfAModelsFolderIsReadAsItIs() throws IOException {
        Path folder = copyOfTheShippedModel();
        ModelLoader loader = leases.lease(ModelLoader.class, "diffusers", Map.of());
        for (SamplerForm form : samplers) {
            Sampler sampler = leases.lease(Sampler.class, form.id(), Map.of());
            for (String scheduler : form.settings().isEmpty() ? sampler.schedulerClasses() : Set.<String>of()) {
                write(folder, scheduler);
                try (DiffusionModel model = loader.load(folder)) {
                    PluginUse found = ModelSampler.resolve(leases.catalog(), ModelSampler.use(), model, scratch);
                    assertEquals(form.id(), found.id(), scheduler);
                    SamplerProgram program = leases.lease(Sampler.class, found.id(), found.settings())
                            .program(new Sampler.Request(
                                    model.schedule(), model.prediction(), 10, model.samplerSettings()));
                    assertTrue(program.size() >= 10, program::table);
                }
            }
        }
        write(folder, "TCDScheduler");
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> loader.load(folder).close());
        assertTrue(String.valueOf(refusal.getMessage()).contains("TCDScheduler"), refusal::getMessage);
    }

    private static void write(Path folder, String scheduler) throws IOException {
        Files.writeString(
                folder.resolve("scheduler/scheduler_config.json"), "{\"_class_name\": \"" + scheduler + "\"}");
    }

    private static Path copyOfTheShippedModel() throws IOException {
        Path shipped = App.HOME.resolve("models/digits");
        Path copy = scratch.resolve("model");
        try (Stream<Path> files = Files.walk(shipped)) {
            for (Path file : files.toList()) {
                Path target = copy.resolve(shipped.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
        return copy;
    }

    /** A model whose files name no scheduler has none of its own. */
    @Test
    void aModelThatNamesNoSchedulerHasNoSamplerOfItsOwn() {
        try (DiffusionModel model = Ground.DIFFUSION.model()) {
            PlumblineException refusal = assertThrows(
                    PlumblineException.class,
                    () -> ModelSampler.resolve(leases.catalog(), ModelSampler.use(), model, scratch));
            assertEquals(StandardError.MISSING_KEY, refusal.code(), refusal::getMessage);
            PluginUse named = new PluginUse("ddim", Map.of("eta", 1), Map.of());
            assertEquals(named, ModelSampler.resolve(leases.catalog(), named, model, scratch));
        }
    }

    // ---- the page

    @Test
    void theCommittedPageIsWhatIsFound() throws IOException {
        String page = page();
        if ("write".equals(System.getProperty("plumbline.matrix"))) {
            Files.writeString(PAGE, page);
        }
        assertEquals(
                Files.exists(PAGE) ? Files.readString(PAGE) : "",
                page,
                () -> PAGE + " is out of date; write it anew with"
                        + " mvn verify -pl it-tests -Dit.test=SamplerMatrixTest -Dplumbline.matrix=write");
    }

    private String page() {
        StringBuilder page = new StringBuilder("""
                # Samplers, and what they can be combined with

                Found by the check that every study makes before the first step, and executed in the tests: one update for
                every combination that it allows, a refusal before anything is evaluated for every other one. Not to be
                edited; written anew by `mvn verify -pl it-tests -Dit.test=SamplerMatrixTest -Dplumbline.matrix=write`.

                Chains of %d steps that train weights, with a differentiable reward. A scheduler is the class in a model's
                `scheduler_config.json` that the sampler reads as it is; `sampler: {id: model}` in a study, or no sampler at
                all, uses the one that the model's folder names.

                | sampler | reads | calls | registers | noise | estimators that refuse it |
                |---|---|---|---|---|---|
                """.formatted(Ground.STEPS));
        for (SamplerForm sampler : samplers) {
            ChainProfile profile = bench("reference", sampler.ground()).profile(sampler.program());
            Map<String, List<String>> refusing = new LinkedHashMap<>();
            for (EstimatorForm form : estimators) {
                if (!possible(form, profile)) {
                    refusing.computeIfAbsent(form.id(), id -> new ArrayList<>())
                            .add(
                                    form.settings().isEmpty()
                                            ? ""
                                            : String.valueOf(form.settings().get("mode")));
                }
            }
            page.append("| `")
                    .append(sampler.id())
                    .append('`')
                    .append(settings(sampler))
                    .append(sampler.ground() == Ground.FLOW ? " *flow*" : "")
                    .append(" | ")
                    .append(reads(sampler))
                    .append(" | ")
                    .append(sampler.program().size())
                    .append(" | ")
                    .append(sampler.program().registers())
                    .append(" | ")
                    .append(sampler.noisy() ? "yes" : "no")
                    .append(" | ")
                    .append(refusing.isEmpty() ? "none" : refused(refusing))
                    .append(" |\n");
        }
        return page.toString();
    }

    private static String settings(SamplerForm sampler) {
        return new TreeMap<>(sampler.settings())
                .entrySet().stream()
                        .map(setting -> ", `" + setting.getKey() + ": " + setting.getValue() + "`")
                        .collect(Collectors.joining());
    }

    private String reads(SamplerForm sampler) {
        return sampler.settings().isEmpty()
                ? String.join(
                        ", ",
                        new TreeSet<>(leases.lease(Sampler.class, sampler.id(), Map.of())
                                .schedulerClasses()))
                : "";
    }

    /** An estimator with those of its modes that refuse, unless its default form does. */
    private static String refused(Map<String, List<String>> refusing) {
        return refusing.entrySet().stream()
                .map(entry -> "`" + entry.getKey() + "`"
                        + (entry.getValue().contains("") ? "" : " (" + String.join(", ", entry.getValue()) + ")"))
                .collect(Collectors.joining(", "));
    }

    // ---- what is combined

    private GradientEstimator estimator(EstimatorForm form) {
        return leases.lease(GradientEstimator.class, form.id(), form.settings());
    }

    private Workbench bench(String backend, Ground ground) {
        return benches.computeIfAbsent(backend + ground, key -> {
            Workbench bench = Workbench.open(
                    leases.lease(ComputeBackend.class, backend, Map.of()), ground.parts(ground.reward()));
            leases.keep(bench);
            return bench;
        });
    }

    private static Batch batch() {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < Ground.ROWS; row++) {
            prompts.add(Ground.PROMPTS.get(row % Ground.PROMPTS.size()));
        }
        return new Batch(prompts, NoiseSource.keyed(SEED, "sampler-matrix", 0));
    }
}
