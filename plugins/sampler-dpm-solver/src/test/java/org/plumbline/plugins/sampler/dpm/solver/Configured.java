package org.plumbline.plugins.sampler.dpm.solver;

import org.plumbline.spi.sampler.Sampler;

/** The samplers with everything as the model says. */
final class Configured {
    private Configured() {}

    static Sampler dpmSolver() {
        return new DpmSolverSampler(new DpmSolverSampler.Configuration(
                null, null, null, null, null, null, null, null, null, null, null, null));
    }

    static Sampler singlestep() {
        return new DpmSolverSinglestepSampler(
                new DpmSolverSinglestepSampler.Configuration(null, null, null, null, null, null, null, null, null));
    }

    static Sampler unipc() {
        return new UniPcSampler(
                new UniPcSampler.Configuration(null, null, null, null, null, null, null, null, null, null, null, null));
    }

    static Sampler deis() {
        return new DeisSampler(new DeisSampler.Configuration(null, null, null, null, null, null, null, null));
    }
}
