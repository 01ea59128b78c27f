package org.plumbline.plugins.model.toy.chain;

import jakarta.inject.Inject;
import java.util.Set;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.sampler.ModelSettings;

/** x' = 0.8 x + 0.7 tanh(W x) + 0.3 z, as many times as there are steps. It knows no schedule, so it is for the toy chain alone. */
@Plugin(id = "toy-chain", description = "the steps of the toy chain: x' = 0.8 x + 0.7 tanh(W x) + 0.3 z")
final class ToyChainSampler implements Sampler {
    /** What the model says that it belongs to. */
    static final String CLASS = "ToyChain";

    private static final Set<String> CLASSES = Set.of(CLASS);

    @Inject
    ToyChainSampler() {}

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("toy-chain", request, CLASSES);
        if (!settings.className().equals(CLASS)) {
            throw settings.unsuited(
                    "another model than the toy chain",
                    "models of loader 'toy-chain'",
                    "choose another sampler, such as ddim");
        }
        return TanhChain.standard().program(request.steps());
    }
}
