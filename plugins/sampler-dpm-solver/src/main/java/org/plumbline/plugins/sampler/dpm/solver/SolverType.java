package org.plumbline.plugins.sampler.dpm.solver;

import org.plumbline.toolkit.sampler.ModelSettings;

/** How a step of order 2 uses the difference of two predictions. */
final class SolverType {
    private SolverType() {}

    /** True for midpoint; the names that other solvers of this family use for theirs mean the default. */
    static boolean midpoint(ModelSettings settings) {
        return !settings.choice("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2")
                .equals("heun");
    }
}
