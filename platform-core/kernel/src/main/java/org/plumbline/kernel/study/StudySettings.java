package org.plumbline.kernel.study;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.chain.RecordingPolicy;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Setting;

/**
 * A study as its author wrote it. Sections with an {@code id} belong to a plugin; their other keys are its settings.
 *
 * @param name of the study
 * @param model the loader, and {@code folder}
 * @param backend the compute backend
 * @param sampler the sampler; null for the model's own
 * @param steps of the sampler
 * @param guidance weight of classifier-free guidance
 * @param guidanceRescale how much of the guided prediction has the deviation of the one with prompt
 * @param negativePrompt what guidance leads away from
 * @param target what is trained
 * @param reward what is maximised: one reward, or several with weights
 * @param heldOut rewards that are watched
 * @param prompts to train on
 * @param promptsFile where more prompts were read from, which {@code prompts} holds already
 * @param promptSchedule wordings of the prompts for ranges of steps
 * @param batch samples per update
 * @param samplesPerPrompt samples of a batch that share a prompt
 * @param sharedInitialNoise whether those start from the same noise
 * @param recording how much of a trajectory is kept for its backward sweep
 * @param anchor pull towards the pre-trained model
 * @param safeguards what watches a run
 * @param swap how a run changes its backend while it goes on
 * @param budget of every trial
 * @param optimiser shared by all trials
 * @param evaluation how trials are evaluated
 * @param gradients how the quality of gradients is measured
 * @param estimators the trials; besides the plugin's settings each may have {@code label} and {@code learning-rate}
 * @param seeds every trial is run once with each
 * @param parallel trials that run at the same time
 * @param output folder of the run
 */
public record StudySettings(
        @Setting(description = "name of the study") String name,

        @Setting(description = "the model: id of its loader, folder")
        Map<String, Object> model,

        @Setting(
                description = "the compute backend: id and its settings; with 'rollouts', another section of this kind,"
                        + " networks run forward on that one and backward on the first")
        Map<String, Object> backend,

        @Setting(
                description = "the sampler: id and its settings; default: {id: model}, the one that the model's files"
                        + " name, as they set it")
        @Nullable
        Map<String, Object> sampler,

        @Setting(description = "steps of the sampler", defaultValue = "20", min = 1)
        int steps,

        @Setting(description = "weight of classifier-free guidance, 1 for none", defaultValue = "1", min = 0)
        double guidance,

        @Setting(
                description =
                        "how much of the guided prediction is scaled back to the deviation of the one with prompt",
                defaultValue = "0",
                min = 0,
                max = 1)
        double guidanceRescale,

        @Setting(description = "what guidance leads away from; default: the empty prompt") @Nullable
        String negativePrompt,

        @Setting(description = "what is trained") TargetSettings target,

        @Setting(
                description =
                        "what is maximised: id of the reward and its settings; or a list of several, each with its"
                                + " weight and label")
        List<Map<String, Object>> reward,

        @Setting(description = "rewards that are watched but not trained", defaultValue = "[]")
        List<Map<String, Object>> heldOut,

        @Setting(description = "prompts to train on", defaultValue = "[]")
        List<String> prompts,

        @Setting(description = "text file with more prompts to train on, one per line; looked up beside the study")
        @Nullable
        Path promptsFile,

        @Setting(
                description =
                        "prompts that change along the chain (diffusive chain of thought): ranges of steps, counted"
                                + " from the output, that together cover the chain once",
                defaultValue = "[]")
        List<Scale> promptSchedule,

        @Setting(description = "samples per update", defaultValue = "16", min = 1)
        int batch,

        @Setting(
                description = "samples of a batch that share a prompt, one after the other (a group, for grpo)",
                defaultValue = "1",
                min = 1)
        int samplesPerPrompt,

        @Setting(description = "samples that share a prompt start from the same noise", defaultValue = "false")
        boolean sharedInitialNoise,

        @Setting(description = "how much of a trajectory is kept for its backward sweep")
        Recording recording,

        @Setting(description = "pull towards the pre-trained model, added to every estimate")
        Anchoring anchor,

        @Setting(description = "what watches a run") Safeguards safeguards,

        @Setting(description = "how a run changes its backend while it goes on")
        Swapping swap,

        @Setting(description = "when a trial ends") Budget budget,

        @Setting(description = "AdamW and what surrounds it")
        Optimiser optimiser,

        @Setting(description = "how trials are evaluated") Evaluation evaluation,

        @Setting(description = "how the quality of gradients is measured")
        GradientSettings gradients,

        @Setting(description = "the trials: id of the estimator, its settings, label, learning-rate")
        List<Map<String, Object>> estimators,

        @Setting(description = "every trial is run once with each", defaultValue = "1")
        List<Long> seeds,

        @Setting(description = "trials that run at the same time", defaultValue = "1", min = 1, max = 64)
        int parallel,

        @Setting(description = "folder of the run, relative to the working directory") @Nullable
        String output) {

    /** How the network is guided. */
    Guidance guided() {
        return new Guidance(guidance, guidanceRescale, negativePrompt == null ? "" : negativePrompt);
    }

    StudySettings withoutGradients() {
        return with(gradients.withReplicas(0));
    }

    StudySettings with(GradientSettings other) {
        return new StudySettings(
                name,
                model,
                backend,
                sampler,
                steps,
                guidance,
                guidanceRescale,
                negativePrompt,
                target,
                reward,
                heldOut,
                prompts,
                promptsFile,
                promptSchedule,
                batch,
                samplesPerPrompt,
                sharedInitialNoise,
                recording,
                anchor,
                safeguards,
                swap,
                budget,
                optimiser,
                evaluation,
                other,
                estimators,
                seeds,
                parallel,
                output);
    }

    /** A range of steps with its own wording of the prompts. */
    public record Scale(
            @Setting(description = "what it is called, for example coarse, mid, fine")
            String name,

            @Setting(description = "first step, in network calls counted from the output", min = 1)
            int from,

            @Setting(description = "last step", min = 1) int to,

            @Setting(
                    description = "the prompt the network sees there; {prompt} stands for the sample's own",
                    defaultValue = "{prompt}")
            String prompt,

            @Setting(description = "wordings of single prompts, by the prompt they replace") @Nullable
            Map<String, Object> prompts) {
        /** What the network sees on this range. */
        String wording(String own) {
            Object special = prompts == null ? null : prompts.get(own);
            return special == null ? prompt.replace("{prompt}", own) : String.valueOf(special);
        }
    }

    /** How much of a trajectory is kept for its backward sweep. */
    public record Recording(
            @Setting(
                    description = "full: every step; sqrt: every sqrt(K)-th state; binomial: a fixed number of states;"
                            + " all give the same gradient, the latter two for more network calls",
                    defaultValue = "full")
            RecordingPolicy.Kind kind,

            @Setting(description = "states that binomial recording keeps", defaultValue = "5", min = 1)
            int snapshots) {
        RecordingPolicy policy() {
            return new RecordingPolicy(kind, snapshots);
        }
    }

    /** Pull towards the pre-trained model. */
    public record Anchoring(
            @Setting(
                    description = "none; l2: distance of the trained numbers from their start; kl: divergence of the"
                            + " noisy steps; denoising: pre-training loss on a dataset",
                    defaultValue = "none")
            Distance kind,

            @Setting(description = "weight, in units of the reward", defaultValue = "0.01", min = 0)
            double weight,

            @Setting(description = "images of the denoising anchor: id of the dataset and its settings") @Nullable
            Map<String, Object> dataset) {
        /** What is kept small. */
        public enum Distance {
            NONE,
            L2,
            KL,
            DENOISING;

            /** True if its pull is computed by vector-Jacobian products. */
            boolean differentiates() {
                return this == KL || this == DENOISING;
            }
        }
    }

    /** How a run changes its backend while it goes on, by order or because the backend goes away. */
    public record Swapping(
            @Setting(
                    description = "largest difference between the two backends' predictions and gradients that is"
                            + " accepted, relative to the largest component; with more the run stays where it is",
                    defaultValue = "1e-3",
                    min = 0)
            double tolerance,

            @Setting(
                    description = "seconds to wait for a backend that was withdrawn before another one stands in",
                    defaultValue = "10",
                    min = 0)
            double grace,

            @Setting(
                    description = "what may stand in for a backend that was withdrawn: any that can do what the study"
                            + " needs, until the first is there again, or none (the run waits)",
                    defaultValue = "any")
            Substitutes substitutes) {
        /** What may stand in for a backend. */
        public enum Substitutes {
            ANY,
            NONE
        }
    }

    /** What watches a run. */
    public record Safeguards(
            @Setting(
                    description = "what happens when a held-out reward falls while the trained one rises: off, warn,"
                            + " stop (the trial ends there)",
                    defaultValue = "warn")
            Alarm heldOutAlarm,

            @Setting(
                    description = "how far a held-out reward has to fall, in standard errors of the difference",
                    defaultValue = "3",
                    min = 0)
            double alarmErrors,

            @Setting(
                    description = "what happens when an estimate is not finite: stop the trial, or skip the update",
                    defaultValue = "stop")
            NonFinite nonFinite,

            @Setting(
                    description = "updates between measurements of the estimator's variance; 0 for none; their cost is"
                            + " not part of the budget",
                    defaultValue = "0",
                    min = 0)
            int varianceEvery,

            @Setting(description = "estimates per measurement of the variance", defaultValue = "4", min = 2)
            int varianceReplicas) {
        /** What an alarm does. */
        public enum Alarm {
            OFF,
            WARN,
            STOP
        }

        /** What is done about an estimate that is not finite. */
        public enum NonFinite {
            STOP,
            SKIP
        }
    }

    /** When a trial ends: exactly one of the three. */
    public record Budget(
            @Setting(description = "updates of the parameters", min = 1) @Nullable
            Integer updates,

            @Setting(description = "network evaluations per sample, a backward one counting twice", min = 1) @Nullable
            Double nfe,

            @Setting(description = "training time in seconds", min = 0.001) @Nullable
            Double seconds) {
        public Budget {
            int given = (updates == null ? 0 : 1) + (nfe == null ? 0 : 1) + (seconds == null ? 0 : 1);
            if (given != 1) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("a budget with " + given + " limits")
                        .available("updates, nfe or seconds")
                        .remedy("give exactly one of them, for example budget: {updates: 100}")
                        .build();
            }
        }
    }

    /** AdamW and what surrounds it. */
    public record Optimiser(
            @Setting(description = "step size of AdamW", defaultValue = "0.001", min = 0)
            double learningRate,

            @Setting(description = "memory of the gradient's mean", defaultValue = "0.9", min = 0, max = 0.999999)
            double beta1,

            @Setting(description = "memory of the gradient's square", defaultValue = "0.999", min = 0, max = 0.999999)
            double beta2,

            @Setting(description = "added to the root of the mean square", defaultValue = "1e-8", min = 1e-300)
            double epsilon,

            @Setting(description = "decoupled weight decay", defaultValue = "0", min = 0)
            double weightDecay,

            @Setting(description = "largest Euclidean norm of a gradient; default: no limit", min = 0) @Nullable
            Double gradientClip,

            @Setting(description = "updates over which the learning rate rises", defaultValue = "0", min = 0)
            int warmUp,

            @Setting(
                    description = "decay of an average of the parameters that is evaluated in their place",
                    min = 0,
                    max = 0.999999)
            @Nullable
            Double ema) {}

    /** Fixed prompts and noise on which every trial is evaluated. */
    public record Evaluation(
            @Setting(description = "updates between evaluations", defaultValue = "10", min = 1)
            int every,

            @Setting(description = "prompts; default: the training prompts", defaultValue = "[]")
            List<String> prompts,

            @Setting(description = "images of each prompt", defaultValue = "4", min = 1)
            int imagesPerPrompt,

            @Setting(description = "seed of the noise", defaultValue = "2718")
            long seed) {}
}
