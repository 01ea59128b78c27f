package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.NoiseSource;

/**
 * Which prompts and noise a rollout has: the prompts in turn, so that every one comes equally often, each as often in a
 * row as samples share a prompt.
 */
final class Batches {
    private Batches() {}

    static List<String> prompts(StudySettings settings, long rollout) {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < settings.batch(); row++) {
            long turn = rollout * settings.batch() + row;
            long group = turn / settings.samplesPerPrompt();
            prompts.add(settings.prompts().get((int) (group % settings.prompts().size())));
        }
        return prompts;
    }

    /**
     * @param purpose keeps training and measuring apart
     */
    static Batch of(StudySettings settings, long seed, String purpose, long rollout) {
        NoiseSource noise = NoiseSource.keyed(seed, purpose, rollout);
        return new Batch(
                prompts(settings, rollout),
                settings.sharedInitialNoise() ? noise.sharedInitially(settings.samplesPerPrompt()) : noise);
    }
}
