package org.plumbline.spi.estimator;

import java.util.List;
import java.util.random.RandomGenerator;
import org.osgi.annotation.versioning.ProviderType;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
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

    /** What was known of this chain before it ran; its program is the one in use. */
    ChainProfile profile();

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
     * The first calls of the {@link #behaviour} and nothing after them: for estimators that never look at the end of the
     * chain. Costs {@code calls} evaluations, or none if the behaviour was sampled before.
     *
     * @param calls how many calls are made, 1 to K
     * @return states 0 to {@code calls}; it has no output and no reward
     */
    Trajectory beginning(int calls);

    /**
     * Leaves the behaviour before call k: puts another state in the state register and goes on to the end with the
     * behaviour's step noise. Registers that hold earlier outputs keep the behaviour's values, as constants. The result
     * can be rewarded, and swept down to call k.
     *
     * @param k the first call that is made anew, 0 to K - 1
     * @param state what y_1 is before it, B rows; stays the caller's
     */
    Trajectory branch(int k, Tensor state);

    /**
     * A rollout from the same initial noise and with the same step noise as {@link #behaviour}, in which the parameters
     * are moved on some calls. Keeps only the end of the chain.
     */
    Trajectory perturbed(Perturbation perturbation);

    /**
     * Like {@link #perturbed(Perturbation)} with a perturbation of its own for every row. Rows are sampled one after the
     * other, so that this costs the same evaluations as one rollout, but more time.
     *
     * @param rows B perturbations
     */
    Trajectory perturbed(List<Perturbation> rows);

    /** The reward of each row; evaluated once per trajectory. */
    double[] rewards(Trajectory trajectory);

    /**
     * dR_i / dx_0, row i for sample i, through the decoder.
     *
     * @throws UnsupportedOperationException if the reward is a black box
     */
    Tensor rewardGradient(Trajectory trajectory);

    /**
     * The rewards of any latents in the place of x_0, such as a predicted clean image. Not cached.
     *
     * @param latents B rows
     * @param prompts what the reward is told of each row; mostly {@link #prompts}
     */
    double[] rewards(Tensor latents, List<String> prompts);

    /**
     * Rewards of any latents with their gradients. Not cached.
     *
     * @param latents B rows
     * @param prompts what the reward is told of each row; mostly {@link #prompts}
     * @throws UnsupportedOperationException if the reward is a black box
     */
    Judgement judge(Tensor latents, List<String> prompts);

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

    /**
     * How far the fine-tuned mean of the behaviour's step k lies from the one of the pre-trained model. Costs one
     * evaluation of the pre-trained model, and one more where the behaviour's parameters are not the chain's.
     *
     * @throws IllegalArgumentException if call k has no noise
     * @throws PlumblineException {@link StandardError#INCOMPATIBLE} if the sampler remembers earlier outputs
     */
    StepShift shift(Trajectory behaviour, int k);

    /** The denoiser at the chain's parameters and prompts, for estimators that integrate their own equations. */
    Denoiser denoiser();

    /**
     * The denoiser of the pre-trained model, theta as it was at the start of the run. Where theta is not part of the
     * network (initial noise) this is {@link #denoiser} itself.
     */
    Denoiser reference();

    /** Owns what an estimator makes itself; closed at the end of the update. */
    TensorArena arena();
}
