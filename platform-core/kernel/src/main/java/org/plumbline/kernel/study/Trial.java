package org.plumbline.kernel.study;

import org.plumbline.kernel.plugin.PluginUse;

/**
 * One estimator in one configuration.
 *
 * @param label unique in the study
 * @param use the estimator's id and settings
 * @param learningRate of its optimiser
 */
record Trial(String label, PluginUse use, double learningRate) {
    /** The trial in messages. */
    String title() {
        return "trial '" + label + "'";
    }
}
