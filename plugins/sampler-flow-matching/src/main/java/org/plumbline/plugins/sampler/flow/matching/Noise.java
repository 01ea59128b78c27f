package org.plumbline.plugins.sampler.flow.matching;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.TimePoint;

/**
 * How a step of the flow from sigma s to s' becomes stochastic. With x0 = x - s v and eps = x + (1 - s) v, what the network
 * says of sample and noise, a step is one of
 *
 * <pre>
 *   none       x' = x + (s' - s) v                                = (1 - s') x0 + s' eps
 *   flow-grpo  x' = x + (s' - s) (v + g^2 / (2 s) eps) + g sqrt(s - s') z    with g^2 = a^2 s / (1 - s)
 *   dance-grpo the same                                                      with g = a
 *   cps        x' = (1 - s') x0 + s' cos(a pi / 2) eps + s' sin(a pi / 2) z
 * </pre>
 */
enum Noise {
    /** The ODE. */
    NONE(0, false) {
        @Override
        SamplerCall step(TimePoint at, double next, double level, double first) {
            return SamplerCall.single(at, 1, next - at.sigma(), 0, 0);
        }
    },
    /** The SDE of Flow-GRPO. At s = 1, where its g is infinite, 1 - s is taken from the next step. */
    FLOW_GRPO(0.7, true) {
        @Override
        SamplerCall step(TimePoint at, double next, double level, double first) {
            double s = at.sigma();
            return langevin(at, next, level * Math.sqrt(s / (1 - (s < 1 ? s : first))));
        }

        @Override
        Citation source() {
            return new Citation(
                    "liu2025flowgrpo",
                    "Liu, J., Liu, G., Liang, J., Li, Y., Liu, J., Wang, X., Wan, P., Zhang, D., Ouyang, W.",
                    "Flow-GRPO: training flow matching models via online RL",
                    2025,
                    "arXiv:2505.05470");
        }
    },
    /** The SDE of DanceGRPO, whose images are the predicted samples of the last step. */
    DANCE_GRPO(0.3, false) {
        @Override
        SamplerCall step(TimePoint at, double next, double level, double first) {
            return langevin(at, next, level);
        }

        @Override
        Citation source() {
            return new Citation(
                    "xue2025dancegrpo",
                    "Xue, Z., Wu, J., Gao, Y., Kong, F., Zhu, L., Chen, M., Liu, Z., Liu, W., Guo, Q., Huang, W., Luo, P.",
                    "DanceGRPO: unleashing GRPO on visual generation",
                    2025,
                    "arXiv:2505.07818");
        }
    },
    /** Coefficients-preserving sampling: part of the predicted noise is replaced by fresh noise. */
    CPS(0.8, false) {
        @Override
        SamplerCall step(TimePoint at, double next, double level, double first) {
            double s = at.sigma();
            double kept = next * Math.cos(level * Math.PI / 2);
            double fresh = next * Math.sin(level * Math.PI / 2);
            return SamplerCall.single(at, 1 - next + kept, (1 - s) * kept - s * (1 - next), 0, fresh);
        }

        @Override
        Citation source() {
            return new Citation(
                    "wang2025cps",
                    "Wang, F., Yu, Z.",
                    "Coefficients-preserving sampling for reinforcement learning with flow matching",
                    2025,
                    "arXiv:2509.05952");
        }
    };

    private final double usualLevel;
    private final boolean noisyEnd;

    Noise(double usualLevel, boolean noisyEnd) {
        this.usualLevel = usualLevel;
        this.noisyEnd = noisyEnd;
    }

    /** The level a of the authors. */
    double usualLevel() {
        return usualLevel;
    }

    /** Whether the authors' last step has noise. */
    boolean noisyEnd() {
        return noisyEnd;
    }

    /**
     * The step from {@code at} to sigma {@code next}.
     *
     * @param level a
     * @param first sigma after the first step
     */
    abstract SamplerCall step(TimePoint at, double next, double level, double first);

    /** The paper, if it is not the ODE's. */
    @Nullable
    Citation source() {
        return null;
    }

    List<Citation> sources() {
        Citation own = source();
        return own == null ? List.of() : List.of(own);
    }

    /** The drift that takes away what noise of strength g adds: the marginals stay those of the ODE up to the step size. */
    private static SamplerCall langevin(TimePoint at, double next, double g) {
        double s = at.sigma();
        double dt = next - s;
        double pull = g * g * dt / (2 * s);
        return SamplerCall.single(at, 1 + pull, dt + pull * (1 - s), 0, g * Math.sqrt(-dt));
    }
}
