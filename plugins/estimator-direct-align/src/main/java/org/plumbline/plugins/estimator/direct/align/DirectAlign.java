package org.plumbline.plugins.estimator.direct.align;

import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.estimator.Judgement;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.reward.RewardShaping;

/**
 * Direct-Align with semantic relative preference (SRPO): the finished sample is noised with noise e that is known, the
 * model makes one short step from there, and what is left of the noise is taken away exactly, since it is known. The
 * recovered image is sharp at any noise level, so that a reward can judge it there.
 *
 * <p>From x_s = alpha_s x_0 + sigma_s e the model steps to another level s', as DDIM or a flow's Euler step does, and e is
 * subtracted there. With rho = sigma / alpha the two together are
 *
 * <pre>  y = (x_s' - sigma_s' e) / alpha_s' = x_0 + (rho_s - rho_s') (e - eps_theta(x_s)).</pre>
 *
 * <p><b>Branches.</b> Denoising steps from the noisier level down and its reward is raised. Inversion steps from the cleaner
 * level up and its reward is lowered, which regularises against what raises the reward in both directions.
 *
 * <p><b>Preference.</b> With control words the reward is relative: (1 + k) R(y, wanted word + prompt) - R(y, unwanted word +
 * prompt) in the denoising branch, the two exchanged in the inversion branch. k changes with the level linearly between two
 * numbers, first that of the cleanest, then that of the noisiest level. The words take turns from update to update.
 *
 * <p><b>Estimand.</b> The gradient of the mean over the branches of these objectives, with x_0 and e held. The rewards of the
 * training curve are those of the samples.
 *
 * <p><b>Bias.</b> As an estimator of the gradient of E[R]: it differentiates another objective, at other states than the
 * sampler's, and each step as if it were alone.
 *
 * <p><b>Variance.</b> Small: one Jacobian. The level is drawn once per update.
 *
 * <p><b>Cost per sample.</b> T forward, then 2 forward and 1 backward per branch; 1 reward, and per branch one with gradient,
 * or two with control words. Memory: one network graph and T latents.
 *
 * <p><b>Needs.</b> A differentiable reward, which with control words has to look at prompts; vector-Jacobian products; any
 * sampler.
 *
 * <p>Source: Shen et al.: Directly aligning the full diffusion trajectory with fine-grained human preference. 2025, arXiv
 * 2509.06942, and its code for flow matching, which this follows in the two levels, in (1 + k) with k from the level, in the
 * ceiling (there 0.7), and in taking the sampler's initial noise for e. Ours are: the form in rho for schedules other than
 * the straight path, on which it is the same; levels that are uniform in the schedule's time; and, without control words,
 * R(y, prompt) in the denoising and -R(y, prompt) in the inversion branch. Training on given images in the place of samples
 * is left out.
 */
@Plugin(
        id = "direct-align",
        description = "one model step on the noised sample, recovered by its known noise (SRPO, Direct-Align)",
        configuration = DirectAlign.Configuration.class)
final class DirectAlign implements GradientEstimator {
    /** What the sample is noised with. */
    enum Noise {
        /** The initial noise of the chain that made it. */
        INITIAL,
        /** New noise. */
        FRESH
    }

    /**
     * Settings.
     *
     * @param from cleanest level
     * @param to noisiest level
     * @param groundTruthRatio what known noise recovers; the rest of the range is the model's step
     * @param noise what the sample is noised with
     * @param inversion whether there is an inversion branch
     * @param wanted control words of the wanted direction
     * @param unwanted control words of the other
     * @param discount k of the denoising branch at the cleanest and at the noisiest level
     * @param discountInversion k of the inversion branch at the same levels
     * @param shaping what is done to each branch's reward
     */
    record Configuration(
            @Setting(
                    description = "cleanest noise level, in the schedule's time",
                    defaultValue = "0.75",
                    min = 0,
                    max = 1)
            double from,

            @Setting(
                    description = "noisiest noise level, in the schedule's time",
                    defaultValue = "0.96",
                    min = 0,
                    max = 1)
            double to,

            @Setting(
                    description =
                            "share of the range of levels that known noise recovers; the model steps over the rest",
                    defaultValue = "0.9",
                    min = 0,
                    max = 0.999)
            double groundTruthRatio,

            @Setting(
                    description = "what the sample is noised with: initial, the noise it was made from, or fresh",
                    defaultValue = "initial")
            Noise noise,

            @Setting(description = "whether an inversion branch lowers the reward", defaultValue = "true")
            boolean inversion,

            @Setting(description = "control words before the prompt, of the wanted direction", defaultValue = "[]")
            List<String> wanted,

            @Setting(description = "control words before the prompt, of the other direction", defaultValue = "[]")
            List<String> unwanted,

            @Setting(
                    description = "k of the denoising branch at the cleanest and at the noisiest level",
                    defaultValue = "0.1, 0.25")
            List<Double> discount,

            @Setting(
                    description = "k of the inversion branch at the cleanest and at the noisiest level",
                    defaultValue = "0.3, 0.01")
            List<Double> discountInversion,

            @Setting(description = "ceiling and scale of each branch's reward; SRPO's code: ceiling 0.7")
            RewardShaping shaping) {
        Configuration {
            wanted = List.copyOf(wanted);
            unwanted = List.copyOf(unwanted);
            discount = List.copyOf(discount);
            discountInversion = List.copyOf(discountInversion);
            if (!(from < to)) {
                throw new IllegalArgumentException("the levels from " + from + " to " + to + " are no range");
            }
            if (wanted.isEmpty() != unwanted.isEmpty()) {
                throw new IllegalArgumentException("wanted and unwanted control words come together");
            }
            if (discount.size() != 2 || discountInversion.size() != 2) {
                throw new IllegalArgumentException(
                        "a discount has two numbers, at the cleanest and the noisiest level");
            }
        }

        boolean relative() {
            return !wanted.isEmpty();
        }
    }

    /** A reward in an objective: its weight, and a control word that stands before the prompts, or nothing. */
    private record Preference(double weight, String before) {}

    private final Configuration configuration;

    @Inject
    DirectAlign(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<EstimatorTrait> traits() {
        return EnumSet.of(
                EstimatorTrait.NEEDS_REWARD_GRADIENT,
                EstimatorTrait.NEEDS_VJP,
                EstimatorTrait.CONSTANT_MEMORY_IN_STEPS);
    }

    @Override
    public void check(ChainProfile profile) {
        if (profile.target() instanceof TrainableTarget.InitialNoise) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'direct-align' with target initial-noise, which the held sample hides from it")
                    .remedy("train weights or the conditioning, or choose truncated-bp with cutoff: full")
                    .build();
        }
        if (!(level(profile, configuration.to()).alpha() > 0)) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'direct-align' with to: " + configuration.to()
                            + ", where nothing of the sample is left to recover")
                    .available("times below 1")
                    .remedy("lower to")
                    .build();
        }
    }

    private static TimePoint level(ChainProfile profile, double time) {
        return TimePoint.ofTime(profile.schedule(), time);
    }

    @Override
    public GradientEstimate estimate(Chain chain) {
        Trajectory sampled = chain.behaviour();
        Tensor noise = noise(chain, sampled);
        double place = chain.random("direct-align.level").nextDouble();
        double step = Math.min(1 - configuration.groundTruthRatio(), Math.min(place, 1 - place));
        Denoiser.GradientSink sink = chain.denoiser().sink();

        double share = configuration.inversion() ? 0.5 : 1;
        double raised =
                branch(chain, sampled.output(), noise, place + step, place, denoising(chain, place), share, sink);
        GradientEstimate estimate = GradientEstimate.of(sink.gradient(), chain.rewards(sampled))
                .with("level", time(place))
                .with("objective-denoising", raised);
        if (!configuration.inversion()) {
            return estimate;
        }
        double lowered = branch(
                chain, sampled.output(), noise, place - step, place, inversion(chain, place - step), share, sink);
        return new GradientEstimate(sink.gradient(), estimate.rewards(), estimate.diagnostics())
                .with("objective-inversion", lowered);
    }

    /** e. */
    private Tensor noise(Chain chain, Trajectory sampled) {
        return switch (configuration.noise()) {
            case INITIAL ->
                chain.arena().combine(new double[] {1 / chain.program().initScale()}, List.of(sampled.initial()));
            case FRESH -> {
                RandomGenerator random = chain.random("direct-align.noise");
                double[] values = new double[chain.rows() * chain.profile().latentSize()];
                Arrays.setAll(values, i -> random.nextGaussian());
                yield chain.arena().tensor(values, sampled.output().shape());
            }
        };
    }

    private List<Preference> denoising(Chain chain, double place) {
        if (!configuration.relative()) {
            return List.of(new Preference(1, ""));
        }
        return List.of(
                new Preference(1 + between(configuration.discount(), place), word(configuration.wanted(), chain)),
                new Preference(-1, word(configuration.unwanted(), chain)));
    }

    private List<Preference> inversion(Chain chain, double place) {
        if (!configuration.relative()) {
            return List.of(new Preference(-1, ""));
        }
        return List.of(
                new Preference(
                        1 + between(configuration.discountInversion(), place), word(configuration.unwanted(), chain)),
                new Preference(-1, word(configuration.wanted(), chain)));
    }

    private static double between(List<Double> ends, double place) {
        return ends.get(0) + place * (ends.get(1) - ends.get(0));
    }

    private static String word(List<String> words, Chain chain) {
        return words.get((int) (chain.update() % words.size())) + ". ";
    }

    /**
     * One step of the model from a level to another, recovered by the known noise and judged.
     *
     * @param from where the model is evaluated, 0 the cleanest and 1 the noisiest level
     * @param to where it steps
     * @return the mean of the objective
     */
    private double branch(
            Chain chain,
            Tensor sample,
            Tensor noise,
            double from,
            double to,
            List<Preference> preferences,
            double share,
            Denoiser.GradientSink sink) {
        TensorArena arena = chain.arena();
        TimePoint at = TimePoint.ofTime(chain.schedule(), time(from));
        TimePoint target = TimePoint.ofTime(chain.schedule(), time(to));
        double stride = at.sigma() / at.alpha() - target.sigma() / target.alpha();

        Tensor noisy = arena.combine(new double[] {at.alpha(), at.sigma()}, List.of(sample, noise));
        Tensor eps = chain.denoiser().predict(arena, noisy, at, PredictionType.EPSILON);
        Tensor recovered = arena.combine(new double[] {1, stride, -stride}, List.of(sample, noise, eps));

        double[] objective = new double[chain.rows()];
        double[] factors = new double[preferences.size()];
        List<Tensor> gradients = new ArrayList<>();
        for (Preference preference : preferences) {
            List<String> prompts = chain.prompts().stream()
                    .map(prompt -> preference.before() + prompt)
                    .toList();
            Judgement judgement = chain.judge(recovered, prompts);
            factors[gradients.size()] = preference.weight();
            gradients.add(judgement.gradient());
            for (int row = 0; row < objective.length; row++) {
                objective[row] += preference.weight() * judgement.rewards()[row];
            }
        }
        Tensor pushed = arena.scaleRows(configuration.shaping().weights(objective), arena.combine(factors, gradients));
        chain.denoiser()
                .collect(arena, noisy, at, PredictionType.EPSILON, pushed, sink, -stride * share / chain.rows());
        return Arrays.stream(objective).average().orElse(0);
    }

    /** The schedule's time of a place between the cleanest and the noisiest level. */
    private double time(double place) {
        return configuration.from() + place * (configuration.to() - configuration.from());
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "shen2025srpo",
                "Shen, X., Li, Z., Yang, Z., Zhang, S., Zhang, Y., Li, D., Wang, C., Lu, Q., Tang, Y.",
                "Directly aligning the full diffusion trajectory with fine-grained human preference",
                2025,
                "arXiv 2509.06942"));
    }
}
