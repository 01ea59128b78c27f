package org.plumbline.kernel.study;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.NoiseSource;

/** Which prompts and noise a rollout has: the prompts in turn, so that every one comes equally often. */
final class Batches {
    private Batches() {}

    static List<String> prompts(StudySettings settings, long rollout) {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < settings.batch(); row++) {
            long turn = rollout * settings.batch() + row;
            prompts.add(settings.prompts().get((int) (turn % settings.prompts().size())));
        }
        return prompts;
    }

    /**
     * @param purpose keeps training and measuring apart
     */
    static Batch of(StudySettings settings, long seed, String purpose, long rollout) {
        return new Batch(prompts(settings, rollout), NoiseSource.keyed(seed, purpose, rollout));
    }
}
