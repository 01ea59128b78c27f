package org.plumbline.plugins.estimator.policy.gradient;

import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * MixGRPO's sampler: noise inside a window of steps, the deterministic form outside. From its first position, at the
 * noise, the window moves towards the output after every so many rollouts. It slides over those calls that have noise at
 * all, so that it is never empty.
 *
 * <p>Source: Li et al.: MixGRPO: unlocking flow-based GRPO efficiency with mixed ODE-SDE. arXiv:2507.21802.
 */
record MovingWindow(Method.Window window) {
    /** The program of a rollout. */
    SamplerProgram program(SamplerProgram program, long rollout) {
        if (window.none()) {
            return program;
        }
        int[] noisy =
                IntStream.range(0, program.size()).filter(program::stochastic).toArray();
        if (program.deterministic() == null) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("estimator 'policy-gradient' with a window of noisy steps, and " + program.name()
                            + " has no deterministic form for the steps outside")
                    .available("ddim with eta above 0, flow-matching with noise")
                    .remedy("choose one of these samplers, or window-size: 0")
                    .build();
        }
        if (window.size() > noisy.length) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("estimator 'policy-gradient' with window-size: " + window.size() + ", and " + program.name()
                            + " has " + noisy.length + " noisy calls")
                    .available("1 to " + noisy.length)
                    .build();
        }
        int start = start(noisy.length, rollout);
        BitSet calls = new BitSet();
        for (int i = start; i < start + window.size(); i++) {
            calls.set(noisy[i]);
        }
        return program.withNoiseOnlyAt(calls);
    }

    /** The position of the window among so many noisy calls. */
    int start(int noisy, long rollout) {
        int last = noisy - window.size();
        long moves = rollout / window.every();
        // The last stride is shorter where the others do not end at the end.
        int positions = (last + window.stride() - 1) / window.stride() + 1;
        long position = switch (window.order()) {
            case ONCE -> Math.min(moves, positions - 1);
            case AROUND -> moves % positions;
            case RANDOM -> new SplittableRandom(moves).nextInt(positions);
        };
        return (int) Math.min(position * window.stride(), last);
    }
}
