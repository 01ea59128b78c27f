package org.plumbline.plugins.estimator.rlr;

import java.util.Collections;
import java.util.List;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.statistics.Advantages;

/** What is subtracted from the rewards in the weight of a score. */
enum Baseline {
    /** Nothing. */
    NONE,
    /** The mean of the batch, which contains the sample itself: the expectation shrinks by (B - 1) / B. */
    BATCH_MEAN,
    /** The mean of the other samples of the batch. */
    LEAVE_ONE_OUT,
    /** The mean of the other samples of the same prompt in the batch. */
    PER_PROMPT,
    /** The mean of the batch, and the difference divided by the deviation, as in PPO. */
    STANDARDISED;

    /** True if it does not depend on the sample that it is subtracted from. */
    boolean independent() {
        return this == NONE || this == LEAVE_ONE_OUT || this == PER_PROMPT;
    }

    /** R - b per row. */
    double[] advantages(List<String> prompts, double[] rewards) {
        return switch (this) {
            case NONE -> rewards;
            case BATCH_MEAN -> Advantages.centred(rewards);
            case LEAVE_ONE_OUT -> Advantages.leaveOneOut(rewards);
            case PER_PROMPT -> {
                requireCompany(prompts);
                yield Advantages.leaveOneOutPerPrompt(prompts, rewards);
            }
            case STANDARDISED -> Advantages.standardised(rewards);
        };
    }

    /** A prompt that comes once has no other samples. */
    private static void requireCompany(List<String> prompts) {
        for (String prompt : prompts) {
            if (Collections.frequency(prompts, prompt) < 2) {
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("estimator 'rlr' with baseline: per-prompt and a batch in which the prompt '" + prompt
                                + "' comes once")
                        .remedy("use a batch of at least two samples for every prompt of the study, or baseline:"
                                + " leave-one-out")
                        .build();
            }
        }
    }
}
