package org.plumbline.plugins.sampler.dpm.solver;

import java.util.Map;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.settings.SettingsBinder;

/** The samplers with everything as the model says. */
final class Configured {
    private Configured() {}

    static Sampler dpmSolver() {
        return new DpmSolverSampler(asTheModelSays(DpmSolverSampler.Configuration.class));
    }

    static Sampler singlestep() {
        return new DpmSolverSinglestepSampler(asTheModelSays(DpmSolverSinglestepSampler.Configuration.class));
    }

    static Sampler unipc() {
        return new UniPcSampler(asTheModelSays(UniPcSampler.Configuration.class));
    }

    static Sampler deis() {
        return new DeisSampler(asTheModelSays(DeisSampler.Configuration.class));
    }

    private static <R extends Record> R asTheModelSays(Class<R> configuration) {
        return SettingsBinder.of(configuration).bind(Map.of(), "sampler");
    }
}
