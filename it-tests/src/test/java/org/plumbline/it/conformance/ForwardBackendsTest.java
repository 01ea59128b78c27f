package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.kernel.backend.CompositeBackend;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * What a backend without gradients is good for: whole estimates of the zeroth order on its own, and the forward half of all
 * others in a composite. The gradient is that of the float64 backend, up to rounding.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForwardBackendsTest {
    private static final long SEED = 7;
    private static final Ground GROUND = Ground.NOISY_DIFFUSION;

    /** A central difference divides the rounding of rewards by its step. */
    private static final double ZEROTH_ORDER = 2e-3;

    @TempDir
    static Path scratch;

    private Leases leases;
    private ComputeBackend exact;
    private ComputeBackend onnx;
    private ComputeBackend torch;
    private ComputeBackend composite;

    @BeforeAll
    void start() {
        leases = new Leases(scratch);
        exact = leases.lease(ComputeBackend.class, "reference", Map.of());
        onnx = leases.lease(ComputeBackend.class, "onnxruntime", Map.of());
        torch = leases.lease(ComputeBackend.class, "djl-pytorch", Map.of());
        composite = new CompositeBackend(torch, onnx);
    }

    @AfterAll
    void stop() {
        leases.close();
    }

    @Test
    void onnxruntime_alone_serves_estimators_of_the_zeroth_order() {
        EstimatorForm form = new EstimatorForm("spsa", Map.of());
        double difference = difference(form, onnx);
        assertTrue(difference <= ZEROTH_ORDER, () -> form + " differs by " + difference);
    }

    static List<EstimatorForm> firstOrder() {
        return List.of(
                new EstimatorForm("truncated-bp", Map.of("cutoff", "full")),
                new EstimatorForm("rlr", Map.of()),
                new EstimatorForm("policy-gradient", Map.of("untrained-end", true)),
                new EstimatorForm("adjoint-dpm", Map.of()),
                new EstimatorForm("rex", Map.of()));
    }

    /** Whatever an estimator makes of the rounding of float32, it makes of that of a composite, too, and not more. */
    @ParameterizedTest
    @MethodSource("firstOrder")
    void a_composite_serves_estimators_of_the_first_order_as_well_as_libtorch_alone(EstimatorForm form) {
        double alone = difference(form, torch);
        double together = difference(form, composite);
        assertTrue(alone > 0 && alone < 1e-4, () -> form + " on libtorch differs by " + alone);
        assertTrue(together <= 3 * alone, () -> form + " differs by " + together + ", on libtorch alone by " + alone);
    }

    @Test
    void onnxruntime_alone_is_refused_by_estimators_that_differentiate() {
        GradientEstimator estimator = leases.lease(GradientEstimator.class, "truncated-bp", Map.of());
        try (Workbench bench = Workbench.open(onnx, GROUND.parts(GROUND.reward()))) {
            PlumblineException refusal = assertThrows(
                    PlumblineException.class,
                    () -> Compatibility.check("truncated-bp", estimator, bench.profile(program())));
            assertEquals(StandardError.INCOMPATIBLE, refusal.code());
        }
    }

    /** From the gradient in float64, relative to its length. */
    private double difference(EstimatorForm form, ComputeBackend backend) {
        double[] expected = gradient(form, exact);
        return Vectors.norm(Vectors.difference(gradient(form, backend), expected)) / Vectors.norm(expected);
    }

    private SamplerProgram program() {
        DiffusionModel model = GROUND.model();
        return leases.lease(Sampler.class, GROUND.sampler(), GROUND.settings())
                .program(new Sampler.Request(
                        model.schedule(), model.prediction(), Ground.STEPS, model.samplerSettings()));
    }

    private double[] gradient(EstimatorForm form, ComputeBackend backend) {
        GradientEstimator estimator = leases.lease(GradientEstimator.class, form.id(), form.settings());
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < Ground.ROWS; row++) {
            prompts.add(Ground.PROMPTS.get(row % Ground.PROMPTS.size()));
        }
        Batch batch = new Batch(prompts, NoiseSource.keyed(SEED, "forward-backends", 0));
        try (Workbench bench = Workbench.open(backend, GROUND.parts(GROUND.reward()))) {
            double[] theta = bench.initialParameters(SEED);
            Compatibility.check(form.id(), estimator, bench.profile(program()));
            SamplerProgram program = estimator.program(bench.profile(program()), 0);
            try (Rollout rollout = bench.rollout(program, batch, theta);
                    SamplingChain chain = bench.chain(rollout, theta, SEED, 0)) {
                return estimator.estimate(chain).gradient();
            }
        }
    }
}
