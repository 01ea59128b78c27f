package org.plumbline.testkit.problem;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.spi.sampler.SamplerProgram;

/** A small chain with a reward. Immutable. */
public final class Problem {
    private final String name;
    private final DiffusionModel model;
    private final TrainableTarget target;
    private final double guidance;
    private final RewardModel reward;
    private final List<String> prompts;
    private final Sampling sampling;
    private final long seed;
    private final Function<SamplerProgram, Optional<double[]>> truth;

    Problem(
            String name,
            DiffusionModel model,
            TrainableTarget target,
            double guidance,
            RewardModel reward,
            List<String> prompts,
            Sampling sampling,
            long seed,
            Function<SamplerProgram, Optional<double[]>> truth) {
        this.name = name;
        this.model = model;
        this.target = target;
        this.guidance = guidance;
        this.reward = reward;
        this.prompts = List.copyOf(prompts);
        this.sampling = sampling;
        this.seed = seed;
        this.truth = truth;
    }

    /** The name of its file without the ending. */
    public String name() {
        return name;
    }

    /** The seed of its replicas. */
    public long seed() {
        return seed;
    }

    /** The parts of the chain, for batches of so many rows. */
    public ChainParts parts(int rows) {
        return new ChainParts(model, target, guidance, reward, prompts, rows);
    }

    /** Its prompts in turn. */
    public List<String> prompts(int rows) {
        List<String> result = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            result.add(prompts.get(row % prompts.size()));
        }
        return result;
    }

    /** Its program. */
    public SamplerProgram program() {
        return sampling.program(sampling.calls());
    }

    /** The same sampler in another number of calls. */
    public SamplerProgram program(int calls) {
        return sampling.program(calls);
    }

    /** The exact gradient of the expected reward under a program, where it is known. */
    public Optional<double[]> gradient(SamplerProgram sampled) {
        return truth.apply(sampled);
    }

    @Override
    public String toString() {
        return name;
    }
}
