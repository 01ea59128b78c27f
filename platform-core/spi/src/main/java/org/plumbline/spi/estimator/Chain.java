package org.plumbline.spi.estimator;

import java.util.List;
import java.util.random.RandomGenerator;
import org.osgi.annotation.versioning.ProviderType;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * The recursive denoising chain of one update: denoiser, guidance, sampler, decoder and reward, bound to parameters,
 * prompts and noise. It counts every network call and reward evaluation. Confined to one thread and to the update.
 *
 * <p>All tensors and trajectories it returns belong to it and die with the update.
 */
@ProviderType
public interface Chain {
    /** The sampler program in use. */
    SamplerProgram program();

    /** The model's noise schedule. */
    NoiseSchedule schedule();

    /** B, the number of samples. */
    int rows();

    /** The prompt of each row. */
    List<String> prompts();

    /** The length of theta. */
    int parameterCount();

    /** The trained vector theta, a copy. */
    double[] parameters();

    /** The number of this update, from 0. */
    long update();

    /**
     * A random stream of this update. The same (seed of the run, update, purpose) gives the same numbers.
     *
     * @param purpose what the numbers are for, for example {@code rlr.direction.0}
     */
    RandomGenerator random(String purpose);

    /**
     * The trajectories on which this update learns, sampled with the parameters that were current when the rollout was
     * made; these are the chain's own parameters unless the estimator takes several
     * {@linkplain GradientEstimator#updatesPerRollout updates per rollout}. Sampled once, without gradients.
     */
    Trajectory behaviour();

    /**
     * A rollout from the same initial noise and with the same step noise as {@link #behaviour}, in which the parameters
     * are moved on some calls. Keeps only the end of the chain.
     */
    Trajectory perturbed(Perturbation perturbation);

    /** The reward of each row; evaluated once per trajectory. */
    double[] rewards(Trajectory trajectory);

    /**
     * dR_i / dx_0, row i for sample i, through the decoder.
     *
     * @throws UnsupportedOperationException if the reward is a black box
     */
    Tensor rewardGradient(Trajectory trajectory);

    /**
     * Sweeps cotangents backwards along a trajectory and collects what reaches the trained parameters.
     *
     * @param trajectory one of {@link #behaviour}
     * @param plan where adjoints come from and where they go
     * @return the gradient of the mean reward with respect to theta, as far as the plan collects it; theta's length
     */
    double[] sweep(Trajectory trajectory, SweepPlan plan);

    /**
     * How probable the behaviour's step k is under the chain's present parameters. Costs one evaluation, or nothing where
     * these are the behaviour's parameters.
     *
     * @throws IllegalArgumentException if call k has no noise
     */
    StepScore score(Trajectory behaviour, int k);

    /** The denoiser at the chain's parameters and prompts, for estimators that integrate their own equations. */
    Denoiser denoiser();

    /** Owns what an estimator makes itself; closed at the end of the update. */
    TensorArena arena();
}
