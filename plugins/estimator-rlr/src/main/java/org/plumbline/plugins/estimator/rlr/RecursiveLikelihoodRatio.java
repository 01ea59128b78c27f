package org.plumbline.plugins.estimator.rlr;

import jakarta.inject.Inject;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.Perturbation;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.statistics.Advantages;
import org.plumbline.toolkit.statistics.Vectors;

/**
 * Recursive likelihood ratio (RLR): the steps 1..T of the chain, counted from the output, are divided among three
 * estimators.
 *
 * <p><b>First order (FO)</b> on step 1: the chain rule from the reward through the last denoising step, its input held.
 * <br><b>Half order (HO)</b> on a sub-chain of h steps {j .. j+h-1}: (R - b) z_j / sigma_j, the score of the noise that
 * is already in the sampler at the sub-chain's output end, pulled back through the sub-chain.
 * <br><b>Zeroth order (ZO)</b> on the rest C: an antithetic difference along a random direction u of the parameters used
 * there, (R(theta + s u) - R(theta - s u)) / (2 s) u, with all other noise in common.
 *
 * <p><b>Estimand.</b> The gradient of E[R]; the three parts add up to it because every step belongs to exactly one of
 * them. (Counting step 1 in C as well, as equation 6 is printed, counts it twice.)
 *
 * <p><b>Modes.</b> EXACT as above, with j drawn anew for every update without looking at the noise. TILED_HO divides all
 * of 2..T in tiles of h steps, each with a score at its output end, and has no ZO part; h = 1 is the policy gradient
 * with the last step replaced by the chain rule.
 *
 * <p><b>Bias.</b> None with summed log-probabilities and a baseline independent of the sample; ZO adds O(s^2).
 *
 * <p><b>Variance.</b> HO: of the policy gradient's kind on its steps. ZO: one direction serves the whole batch, so its
 * part is about |g_C|^2 P / q for P parameters and q directions, whatever the batch.
 *
 * <p><b>Cost per sample.</b> EXACT: T + 1 + h + 2qT forward, 1 + h backward, 1 reward with gradient and 2q without.
 * TILED_HO: 2T forward, T backward. Memory: one network graph and T latents.
 *
 * <p><b>Needs.</b> A differentiable reward, vector-Jacobian products, noise where scores are taken; EXACT a sampler
 * without memory of earlier outputs.
 *
 * <p>Source: Ren et al.: Half-order fine-tuning for diffusion model: a recursive likelihood ratio optimizer. ICLR 2026,
 * arXiv 2502.00639.
 */
@Plugin(
        id = "rlr",
        description = "recursive likelihood ratio: first, half and zeroth order, unbiased",
        configuration = RecursiveLikelihoodRatio.Configuration.class)
final class RecursiveLikelihoodRatio implements GradientEstimator {
    /** How the steps are divided. */
    enum Mode {
        EXACT,
        TILED_HO
    }

    /** What is subtracted from the reward in a score's weight. */
    enum Baseline {
        NONE,
        LEAVE_ONE_OUT
    }

    /**
     * Settings.
     *
     * @param mode how the steps are divided
     * @param h length of a sub-chain
     * @param baseline of the half-order part
     * @param directions q, number of zeroth-order directions
     * @param scale s, size of the parameter perturbation
     * @param startFrom least j, counted from the output
     * @param startTo largest j
     */
    record Configuration(
            @Setting(description = "exact or tiled-ho", defaultValue = "tiled-ho")
            Mode mode,

            @Setting(description = "length of a sub-chain, in network calls", defaultValue = "2", min = 1)
            int h,

            @Setting(description = "none or leave-one-out", defaultValue = "leave-one-out")
            Baseline baseline,

            @Setting(description = "zeroth-order directions per update", defaultValue = "1", min = 1)
            int directions,

            @Setting(
                    description = "size of the zeroth-order perturbation, in units of the parameters",
                    defaultValue = "0.001",
                    min = 1e-12)
            double scale,

            @Setting(description = "least start j of the sub-chain, counted from the output; default 2", min = 2)
            @Nullable
            Integer startFrom,

            @Setting(description = "largest start j of the sub-chain; default T - h + 1", min = 2) @Nullable
            Integer startTo) {}

    private final Configuration configuration;

    @Inject
    RecursiveLikelihoodRatio(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        return EnumSet.allOf(EstimatorTrait.class);
    }

    @Override
    public void check(ChainProfile profile) {
        SamplerProgram program = profile.program();
        int steps = program.size();
        if (configuration.h() > steps - 1) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'rlr' with h: " + configuration.h())
                    .available("1 to " + (steps - 1) + ", since the last of the sampler's " + steps
                            + " calls is first order")
                    .remedy("lower h")
                    .build();
        }
        if (configuration.baseline() == Baseline.LEAVE_ONE_OUT && profile.rows() < 2) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'rlr' with baseline: leave-one-out and a batch of " + profile.rows())
                    .remedy("use a batch of at least 2, or baseline: none")
                    .build();
        }
        if (configuration.mode() == Mode.EXACT) {
            checkExact(profile, steps);
        } else if (!program.stochastic(steps - 2)) {
            throw noNoise(program, 2);
        }
    }

    private void checkExact(ChainProfile profile, int steps) {
        SamplerProgram program = profile.program();
        if (!program.markov()) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'rlr' in mode exact with " + program.name()
                            + ", which remembers earlier network outputs")
                    .remedy("use mode: tiled-ho, or a sampler with one register such as ddim")
                    .build();
        }
        if (profile.target() instanceof TrainableTarget.InitialNoise) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked(
                            "estimator 'rlr' in mode exact with target initial-noise: the initial noise belongs to no step")
                    .remedy("use mode: tiled-ho, or train weights or the conditioning")
                    .build();
        }
        int least = leastStart();
        int largest = largestStart(steps);
        if (least > largest || largest > steps - configuration.h() + 1) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'rlr' with a sub-chain start from " + least + " to " + largest)
                    .available("2 to " + (steps - configuration.h() + 1) + " for h: " + configuration.h() + " and "
                            + steps + " calls")
                    .build();
        }
        for (int j = least; j <= largest; j++) {
            if (!program.stochastic(steps - j)) {
                throw noNoise(program, j);
            }
        }
    }

    private static PlumblineException noNoise(SamplerProgram program, int step) {
        return PlumblineException.of(StandardError.INCOMPATIBLE)
                .asked("estimator 'rlr' takes a score at step " + step + " from the output, where " + program.name()
                        + " has no noise")
                .remedy("set the sampler's eta above 0")
                .build();
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        return configuration.mode() == Mode.EXACT ? exact(chain) : tiled(chain);
    }

    private GradientEstimate exact(Chain chain) {
        int steps = chain.program().size();
        int h = configuration.h();
        RandomGenerator random = chain.random("rlr.start");
        int j = random.nextInt(leastStart(), largestStart(steps) + 1);
        Trajectory sampled = chain.behaviour();

        // FO on {1}.
        SweepPlan firstOrder =
                SweepPlan.of(chain.program()).fromReward(chain.rows()).stopBefore(steps - 2);
        double[] fo = chain.sweep(sampled, firstOrder);
        double[] rewards = chain.rewards(sampled);

        // HO on {j .. j+h-1}: from the noise of step j, which is call T - j, through h calls towards the noise.
        SweepPlan halfOrder = SweepPlan.of(chain.program()).cut(steps - j, weights(rewards));
        if (steps - j - h >= 0) {
            halfOrder = halfOrder.stopBefore(steps - j - h);
        }
        double[] ho = chain.sweep(sampled, halfOrder);

        // ZO on the rest.
        BitSet rest = new BitSet();
        rest.set(0, steps - 1);
        rest.clear(steps - j - h + 1, steps - j + 1);
        double[] zo = new double[chain.parameterCount()];
        if (!rest.isEmpty()) {
            for (int i = 0; i < configuration.directions(); i++) {
                addDirection(chain, rest, i, zo);
            }
        }

        double[] gradient = fo.clone();
        Vectors.addTo(gradient, 1, ho);
        Vectors.addTo(gradient, 1, zo);
        GradientEstimate estimate = GradientEstimate.of(gradient, rewards)
                .with("start", j)
                .with("norm-fo", Vectors.norm(fo))
                .with("norm-ho", Vectors.norm(ho))
                .with("norm-zo", Vectors.norm(zo));
        return withCosine(withCosine(estimate, "cosine-fo-ho", fo, ho), "cosine-fo-zo", fo, zo);
    }

    /** Adds (R+ - R-) / (2 s q) u for one direction u, averaged over the batch. */
    private void addDirection(Chain chain, BitSet calls, int number, double[] sum) {
        RandomGenerator random = chain.random("rlr.direction." + number);
        double[] u = new double[sum.length];
        for (int i = 0; i < u.length; i++) {
            u[i] = random.nextGaussian();
        }
        double[] up = chain.rewards(chain.perturbed(new Perturbation(u, configuration.scale(), calls)));
        double[] down = chain.rewards(chain.perturbed(new Perturbation(u, -configuration.scale(), calls)));
        double difference = 0;
        for (int i = 0; i < up.length; i++) {
            difference += up[i] - down[i];
        }
        Vectors.addTo(sum, difference / (up.length * 2 * configuration.scale() * configuration.directions()), u);
    }

    private GradientEstimate tiled(Chain chain) {
        SamplerProgram program = chain.program();
        Trajectory sampled = chain.behaviour();
        chain.rewardGradient(sampled);
        double[] rewards = chain.rewards(sampled);
        double[] weights = weights(rewards);

        // Step 1 from the reward; then a tile ends at step 2 and after every h steps more, or at the next noisy one.
        SweepPlan plan = SweepPlan.of(program).fromReward(chain.rows());
        int length = configuration.h();
        for (int k = program.size() - 2; k >= 0; k--) {
            if (length >= configuration.h() && program.stochastic(k)) {
                plan = plan.cut(k, weights);
                length = 0;
            }
            length++;
        }
        return GradientEstimate.of(chain.sweep(sampled, plan), rewards);
    }

    private double[] weights(double[] rewards) {
        return configuration.baseline() == Baseline.NONE ? rewards : Advantages.leaveOneOut(rewards);
    }

    private int leastStart() {
        return configuration.startFrom() == null ? 2 : configuration.startFrom();
    }

    private int largestStart(int steps) {
        return configuration.startTo() == null ? steps - configuration.h() + 1 : configuration.startTo();
    }

    private static GradientEstimate withCosine(GradientEstimate estimate, String name, double[] a, double[] b) {
        double cosine = Vectors.cosine(a, b);
        return Double.isFinite(cosine) ? estimate.with(name, cosine) : estimate;
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "ren2026rlr",
                "Ren, T., Zhang, Z., Jiang, J., Li, X., Qin, Y., Zheng, Y., et al., Peng, Y.",
                "Half-order fine-tuning for diffusion model: a recursive likelihood ratio optimizer",
                2026,
                "ICLR; arXiv 2502.00639"));
    }
}
