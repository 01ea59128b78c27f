package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.MeteredBackend;

/**
 * Every estimator that the distribution contains, whichever that are, on libtorch: the same seed gives the same bits, the
 * work is that on the reference backend, the gradient is the one in float64 within the noise of float32; and it is refused
 * where its traits say that it cannot work, and works where they do not.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EstimatorMatrixTest {
    private static final int LEAST_ESTIMATORS = 10;
    private static final String FLOAT32 = "djl-pytorch";
    private static final String FLOAT64 = "reference";
    private static final long SEED = 5;

    @TempDir
    static Path scratch;

    private final Map<String, Workbench> benches = new HashMap<>();
    private final Map<Ground, SamplerProgram> programs = new HashMap<>();
    private Leases leases;

    @BeforeAll
    void start() {
        leases = new Leases(scratch);
    }

    @AfterAll
    void stop() {
        leases.close();
    }

    private List<PluginDescription> estimators() {
        return leases.catalog().list().stream()
                .filter(plugin -> plugin.role() == PluginRole.ESTIMATOR)
                .toList();
    }

    private Workbench bench(String backend, Ground ground) {
        return benches.computeIfAbsent(backend + ground, key -> {
            Workbench bench = Workbench.open(
                    leases.lease(ComputeBackend.class, backend, Map.of()), ground.parts(ground.reward()));
            leases.keep(bench);
            return bench;
        });
    }

    private SamplerProgram program(Ground ground) {
        return programs.computeIfAbsent(ground, key -> {
            DiffusionModel model = ground.model();
            return leases.lease(Sampler.class, ground.sampler(), ground.settings())
                    .program(new Sampler.Request(
                            model.schedule(), model.prediction(), Ground.STEPS, model.samplerSettings()));
        });
    }

    private GradientEstimator estimator(EstimatorForm form) {
        return leases.lease(GradientEstimator.class, form.id(), form.settings());
    }

    private List<EstimatorForm> forms(PluginDescription plugin) {
        return EstimatorForm.of(plugin).stream().filter(this::makesSense).toList();
    }

    /** False for a value that needs others beside it. */
    private boolean makesSense(EstimatorForm form) {
        try {
            estimator(form);
            return true;
        } catch (PlumblineException refusal) {
            assertFalse(form.settings().isEmpty(), refusal::getMessage);
            assertEquals(StandardError.BAD_VALUE, refusal.code(), refusal.getMessage());
            return false;
        }
    }

    private static boolean accepts(GradientEstimator estimator, ChainProfile profile) {
        try {
            Compatibility.check("the estimator", estimator, profile);
            return true;
        } catch (PlumblineException refusal) {
            assertTrue(
                    refusal.code() == StandardError.INCOMPATIBLE || refusal.code() == StandardError.BAD_VALUE,
                    refusal::getMessage);
            return false;
        }
    }

    private List<Ground> grounds(EstimatorForm form) {
        return Arrays.stream(Ground.values())
                .filter(ground ->
                        accepts(estimator(form), bench(FLOAT32, ground).profile(program(ground))))
                .toList();
    }

    @Test
    void theDistributionHasItsEstimators() {
        assertTrue(estimators().size() >= LEAST_ESTIMATORS, () -> "only " + estimators());
        assertEquals(List.of(), leases.catalog().problems());
    }

    @TestFactory
    Collection<DynamicNode> float32GivesWhatFloat64Gives() {
        List<DynamicNode> plugins = new ArrayList<>();
        for (PluginDescription plugin : estimators()) {
            List<DynamicNode> tests = new ArrayList<>();
            for (EstimatorForm form : forms(plugin)) {
                boolean usual = form.settings().isEmpty();
                tests.add(dynamicTest(form.toString(), () -> {
                    List<Ground> grounds = grounds(form);
                    assertFalse(usual && grounds.isEmpty(), "nothing suits it");
                    for (Ground ground : usual ? grounds : grounds.subList(0, Math.min(1, grounds.size()))) {
                        check(form, ground);
                    }
                }));
            }
            plugins.add(dynamicContainer(plugin.id(), tests));
        }
        return plugins;
    }

    private void check(EstimatorForm form, Ground ground) {
        NoiseFloor floor = new NoiseFloor(NoiseFloor.FEW, rounding -> {
            Result result = run(form, bench(FLOAT32, ground), ground, rounding);
            return Map.of("grad", result.gradient);
        });
        Result float32 = run(form, bench(FLOAT32, ground), ground, Rounding.none());
        Result float64 = run(form, bench(FLOAT64, ground), ground, Rounding.none());
        assertArrayEquals(floor.typical().get("grad"), float32.gradient, "the same seed, " + ground);
        assertEquals(float64.work, float32.work, "work, " + ground);
        NoiseFloor.Part whole = new NoiseFloor.Part("grad", 0, float32.gradient.length);
        floor.compare(form + " on " + ground, Map.of("grad", float32.gradient), whole, 1, float64.gradient);
        floor.finish();
    }

    /** What an update gives. */
    private record Result(double[] gradient, Ledger.Work work) {}

    private Result run(EstimatorForm form, Workbench bench, Ground ground, Rounding rounding) {
        GradientEstimator estimator = estimator(form);
        double[] theta = rounding.of(bench.initialParameters(SEED));
        SamplerProgram program = estimator.program(bench.profile(program(ground)), 0);
        Ledger.Work before = bench.ledger().reading();
        try (Rollout rollout = bench.rollout(program, batch(), theta);
                SamplingChain chain = bench.chain(rollout, theta, SEED, 0)) {
            double[] gradient = estimator.estimate(chain).gradient();
            return new Result(gradient, bench.ledger().reading().since(before));
        }
    }

    private static Batch batch() {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < Ground.ROWS; row++) {
            prompts.add(Ground.PROMPTS.get(row % Ground.PROMPTS.size()));
        }
        return new Batch(prompts, NoiseSource.keyed(SEED, "estimator-matrix", 0));
    }

    /** What may be missing, and the need it meets. */
    private enum Absence {
        REWARD_GRADIENT(EstimatorTrait.NEEDS_REWARD_GRADIENT),
        VECTOR_JACOBIAN_PRODUCTS(EstimatorTrait.NEEDS_VJP),
        NOISE(EstimatorTrait.NEEDS_STOCHASTIC_SAMPLER);

        final EstimatorTrait need;

        Absence(EstimatorTrait need) {
            this.need = need;
        }
    }

    @TestFactory
    Collection<DynamicNode> whatIsMissingIsRefusedExactlyIfItIsNeeded() {
        List<DynamicNode> tests = new ArrayList<>();
        for (PluginDescription plugin : estimators()) {
            for (EstimatorForm form : forms(plugin)) {
                for (Absence absence : Absence.values()) {
                    tests.add(dynamicTest(form + " without " + absence, () -> without(form, absence)));
                }
            }
        }
        return tests;
    }

    private void without(EstimatorForm form, Absence absence) {
        Optional<Ground> suits = grounds(form).stream().findFirst();
        if (suits.isEmpty()) {
            return;
        }
        Ground ground = absence == Absence.NOISE ? suits.get().silent() : suits.get();
        Workbench bench = lacking(absence, ground);
        GradientEstimator estimator = estimator(form);
        ChainProfile profile = bench.profile(program(ground));
        if (estimator.traits().contains(absence.need)) {
            PlumblineException refusal = assertThrows(
                    PlumblineException.class, () -> Compatibility.check(form.toString(), estimator, profile));
            assertEquals(StandardError.INCOMPATIBLE, refusal.code(), refusal.getMessage());
        } else {
            Compatibility.check(form.toString(), estimator, profile);
            for (double component : run(form, bench, ground, Rounding.none()).gradient) {
                assertTrue(Double.isFinite(component));
            }
        }
    }

    private Workbench lacking(Absence absence, Ground ground) {
        return switch (absence) {
            case NOISE -> bench(FLOAT32, ground);
            case REWARD_GRADIENT ->
                benches.computeIfAbsent("black box " + ground, key -> {
                    ComputeBackend backend = leases.lease(ComputeBackend.class, FLOAT32, Map.of());
                    Workbench bench = Workbench.open(backend, ground.parts(new SumOfSquares()));
                    leases.keep(bench);
                    return bench;
                });
            case VECTOR_JACOBIAN_PRODUCTS ->
                benches.computeIfAbsent("forward only " + ground, key -> {
                    ComputeBackend backend = leases.lease(ComputeBackend.class, FLOAT32, Map.of());
                    Workbench bench = Workbench.open(new MeteredBackend(backend, true), ground.parts(ground.reward()));
                    leases.keep(bench);
                    return bench;
                });
        };
    }
}
