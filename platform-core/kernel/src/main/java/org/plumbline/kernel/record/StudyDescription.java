package org.plumbline.kernel.record;

import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.provenance.Citation;

/**
 * All that was decided before the first step of a run. Immutable; settings hold the values in use, defaults included.
 *
 * @param format version of the run folder's format, {@link #FORMAT}
 * @param name the study's name
 * @param created when the run began
 * @param command the command line that repeats the run
 * @param source text of the study file
 * @param environment what it runs on
 * @param backend what computes
 * @param model the pre-trained model
 * @param sampler how it is sampled
 * @param rewards the trained reward first, then the held-out ones
 * @param training what all trials share
 * @param evaluation how trials are evaluated
 * @param trials what is compared
 * @param seeds every trial is run once with each
 */
public record StudyDescription(
        int format,
        String name,
        Instant created,
        List<String> command,
        String source,
        Environment environment,
        Backend backend,
        Model model,
        SamplerUse sampler,
        List<Reward> rewards,
        Training training,
        Evaluation evaluation,
        List<Trial> trials,
        List<Long> seeds) {
    /** The format this version writes. */
    public static final int FORMAT = 1;

    public StudyDescription {
        command = List.copyOf(command);
        rewards = List.copyOf(rewards);
        trials = List.copyOf(trials);
        seeds = List.copyOf(seeds);
        Map<String, String> files = new HashMap<>();
        for (Trial trial : trials) {
            String other = files.put(RunFolder.fileName(trial.label()), trial.label());
            if (other != null) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("trials '" + other + "' and '" + trial.label() + "' cannot be told apart in file names")
                        .remedy("give one of them another label")
                        .build();
            }
        }
    }

    /** The reward that is trained. */
    public Reward trainedReward() {
        return rewards.get(0);
    }

    /** The trial of this label, or null. */
    public @Nullable Trial trial(String label) {
        return trials.stream()
                .filter(trial -> trial.label().equals(label))
                .findFirst()
                .orElse(null);
    }

    /**
     * The machine and the programs.
     *
     * @param plumbline version
     * @param java vendor and version of the JVM
     * @param os operating system and architecture
     * @param cores processors the JVM may use
     * @param threads intra-operator threads of the backend; gradients depend on them in the last digits
     * @param memoryBytes memory of the machine, 0 if unknown
     */
    public record Environment(String plumbline, String java, String os, int cores, int threads, long memoryBytes) {}

    /**
     * The compute backend.
     *
     * @param id plugin id
     * @param version plugin version
     * @param description what it says of itself: library, library version, device, number type
     * @param settings in use
     */
    public record Backend(String id, String version, String description, Map<String, Object> settings) {
        public Backend {
            settings = ordered(settings);
        }
    }

    /**
     * The model.
     *
     * @param name of the model
     * @param loader plugin id of its loader
     * @param version plugin version of the loader
     * @param folder as the user named it
     * @param weights sha256 in hexadecimal of each weight file, by file name
     * @param imageShape channels, height, width
     * @param target what is trained, in words
     * @param parameters how many numbers that is
     * @param settings of the loader
     * @param citations works behind it
     */
    public record Model(
            String name,
            String loader,
            String version,
            String folder,
            Map<String, String> weights,
            List<Integer> imageShape,
            String target,
            long parameters,
            Map<String, Object> settings,
            List<Citation> citations) {
        public Model {
            weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
            imageShape = List.copyOf(imageShape);
            settings = ordered(settings);
            citations = List.copyOf(citations);
        }
    }

    /**
     * The sampler.
     *
     * @param id plugin id
     * @param version plugin version
     * @param name of the program
     * @param steps as asked for
     * @param calls network calls of the program, K
     * @param table the program as text
     * @param settings in use
     * @param citations works behind it
     */
    public record SamplerUse(
            String id,
            String version,
            String name,
            int steps,
            int calls,
            String table,
            Map<String, Object> settings,
            List<Citation> citations) {
        public SamplerUse {
            settings = ordered(settings);
            citations = List.copyOf(citations);
        }
    }

    /**
     * A reward.
     *
     * @param label unique among the study's rewards
     * @param id plugin id
     * @param version plugin version
     * @param unit of its values
     * @param differentiable whether it has a gradient
     * @param settings in use
     * @param citations works behind it
     */
    public record Reward(
            String label,
            String id,
            String version,
            String unit,
            boolean differentiable,
            Map<String, Object> settings,
            List<Citation> citations) {
        public Reward {
            settings = ordered(settings);
            citations = List.copyOf(citations);
        }
    }

    /**
     * What all trials share.
     *
     * @param prompts to train on
     * @param guidance scale of classifier-free guidance; 1 is none
     * @param batch samples per update
     * @param budget when a trial ends
     * @param optimiser settings in use, learning rate and clipping among them
     */
    public record Training(
            List<String> prompts, double guidance, int batch, Budget budget, Map<String, Object> optimiser) {
        public Training {
            prompts = List.copyOf(prompts);
            optimiser = ordered(optimiser);
        }
    }

    /**
     * What one trial with one seed may spend.
     *
     * @param unit of what
     * @param amount how much; for {@link Unit#NFE} evaluations per sample as {@link Cost#nfe} counts them
     */
    public record Budget(Unit unit, double amount) {
        /** What is limited. */
        public enum Unit {
            UPDATES,
            NFE,
            SECONDS
        }
    }

    /**
     * How trials are evaluated.
     *
     * @param every updates between evaluations
     * @param prompts evaluated
     * @param imagesPerPrompt images of each
     * @param seed of the fixed noise
     * @param sampler name of the program that samples for evaluation
     */
    public record Evaluation(int every, List<String> prompts, int imagesPerPrompt, long seed, String sampler) {
        public Evaluation {
            prompts = List.copyOf(prompts);
        }
    }

    /**
     * One estimator in one configuration.
     *
     * @param label unique in the study
     * @param estimator plugin id
     * @param version plugin version
     * @param bundle symbolic name of its bundle
     * @param settings in use
     * @param optimiser settings in which this trial differs from {@link Training#optimiser}
     * @param traits it declares in this configuration, by name
     * @param program name of the sampler program it differentiates
     * @param citations works behind it
     */
    public record Trial(
            String label,
            String estimator,
            String version,
            String bundle,
            Map<String, Object> settings,
            Map<String, Object> optimiser,
            List<String> traits,
            String program,
            List<Citation> citations) {
        public Trial {
            settings = ordered(settings);
            optimiser = ordered(optimiser);
            traits = List.copyOf(traits);
            citations = List.copyOf(citations);
        }
    }

    /** Keeps the order of the settings and allows null for settings that are absent. */
    private static Map<String, Object> ordered(Map<String, Object> settings) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }
}
