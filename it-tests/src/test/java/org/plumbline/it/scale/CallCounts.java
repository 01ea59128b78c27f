package org.plumbline.it.scale;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/**
 * How often an estimator calls the network for one update, by the counters of the chain; the sampling of the trajectory
 * included. The network is a small one in closed form: counts do not depend on its size.
 *
 * @param catalog the installed plugins
 */
record CallCounts(PluginCatalog catalog) {
    private static final List<String> PROMPTS = List.of("one", "other");

    /** Network calls and rewards per sample. */
    record Calls(long forward, long backward, long rewards) {}

    /** With noise in the steps, or without where the estimator only works so. */
    Calls of(String estimator, Map<String, Object> settings, int steps) {
        try {
            return of(estimator, settings, steps, 1);
        } catch (PlumblineException refusal) {
            if (refusal.code() != StandardError.INCOMPATIBLE) {
                throw refusal;
            }
            try {
                return of(estimator, settings, steps, 0);
            } catch (PlumblineException other) {
                refusal.addSuppressed(other);
                throw refusal;
            }
        }
    }

    private Calls of(String estimator, Map<String, Object> settings, int steps, int eta) {
        NoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
        ClosedFormModel model = ClosedFormModel.of(
                ConditionedMlp.standard(), schedule, PROMPTS, new double[] {0.3, -0.2, 0.5}, new double[] {
                    -0.4, 0.1, 0.2
                });
        double[] centre = new double[Math.toIntExact(model.latentShape()[0])];
        ChainParts parts = new ChainParts(
                model,
                new TrainableTarget.Full(List.of()),
                1.5,
                QuadraticReward.around(centre),
                PROMPTS,
                PROMPTS.size());
        Path here = Path.of("");
        try (Lease<ComputeBackend> backend = catalog.lease(ComputeBackend.class, "reference", Map.of(), here);
                Lease<Sampler> sampler = catalog.lease(
                        Sampler.class,
                        "ddim",
                        Map.of(
                                "eta",
                                eta,
                                "timestep-spacing",
                                "trailing",
                                "clip-sample",
                                false,
                                "set-alpha-to-one",
                                false),
                        here);
                Lease<GradientEstimator> leased = catalog.lease(GradientEstimator.class, estimator, settings, here);
                Workbench bench = Workbench.open(backend.get(), parts)) {
            SamplerProgram study = sampler.get()
                    .program(new Sampler.Request(model.schedule(), model.prediction(), steps, model.samplerSettings()));
            leased.get().check(bench.profile(study));
            SamplerProgram program = leased.get().program(bench.profile(study), 0);
            double[] theta = bench.initialParameters(1);
            Ledger.Work before = bench.ledger().reading();
            try (Rollout rollout = bench.rollout(program, new Batch(PROMPTS, NoiseSource.keyed(1, "scale", 0)), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 1, 0)) {
                leased.get().estimate(chain);
            }
            Ledger.Work work = bench.ledger().reading().since(before);
            return new Calls(work.nfeForward(), work.nfeBackward(), work.rewardEvaluations() / PROMPTS.size());
        }
    }
}
