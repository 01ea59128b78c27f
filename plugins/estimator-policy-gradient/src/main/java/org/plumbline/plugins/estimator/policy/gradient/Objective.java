package org.plumbline.plugins.estimator.policy.gradient;

/**
 * What is differentiated, for one step of one sample with advantage A and ratio rho of present to sampling probability.
 * The gradient of each is a weight times rho's score.
 */
enum Objective {
    /** A ln p: the score function, which has no ratio. */
    SCORE_FUNCTION {
        @Override
        double weight(double advantage, double ratio, double clip) {
            return advantage;
        }
    },
    /** PPO's min(A rho, A clip(rho, 1 - e, 1 + e)): no further than the clip in the direction of A. */
    CLIP {
        @Override
        double weight(double advantage, double ratio, double clip) {
            boolean inside = advantage >= 0 ? ratio <= 1 + clip : ratio >= 1 - clip;
            return inside ? advantage * ratio : 0;
        }
    },
    /** DPOK's A clip(rho, 1 - e, 1 + e): nothing outside of the clip, in neither direction. */
    CLAMP {
        @Override
        double weight(double advantage, double ratio, double clip) {
            return Math.abs(ratio - 1) <= clip ? advantage * ratio : 0;
        }
    };

    /** The weight of the score. */
    abstract double weight(double advantage, double ratio, double clip);

    /** Whether ratios matter. */
    boolean usesRatios() {
        return this != SCORE_FUNCTION;
    }
}
