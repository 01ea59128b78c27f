package org.plumbline.kernel.chain;

/**
 * Classifier-free guidance: the prediction is n = (1 - w) n_u + w n_c, with n_c the network's prediction for the prompt and
 * n_u that for the negative prompt.
 *
 * <p>Large weights make images too bright, since the guided prediction varies more than either of its parts. Rescaling
 * mixes in the same prediction with the standard deviation of n_c, over all elements of a sample (Lin et al. 2024, section
 * 3.4):
 *
 * <pre>
 *   n' = (phi sd(n_c) / sd(n) + 1 - phi) n
 * </pre>
 *
 * @param weight w; 1 for none: the network then sees the prompt alone
 * @param rescale phi, 0 for none to 1
 * @param negativePrompt what the samples are to be unlike; empty: like no prompt
 */
public record Guidance(double weight, double rescale, String negativePrompt) {
    public Guidance {
        if (!(weight >= 0) || !(rescale >= 0 && rescale <= 1)) {
            throw new IllegalArgumentException("guidance " + weight + ", rescaled by " + rescale);
        }
    }

    /** No rescaling, no negative prompt. */
    public static Guidance of(double weight) {
        return new Guidance(weight, 0, "");
    }

    /** True if the network is asked twice. */
    boolean active() {
        return weight != 1;
    }
}
