package org.plumbline.plugins.model.toy.chain;

import jakarta.inject.Inject;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.TanhChain;

/** x' = 0.8 x + 0.7 tanh(W x) + 0.3 z, as many times as there are steps. */
@Plugin(id = "toy-chain", description = "the steps of the toy chain: x' = 0.8 x + 0.7 tanh(W x) + 0.3 z")
final class ToyChainSampler implements Sampler {
    @Inject
    ToyChainSampler() {}

    @Override
    public SamplerProgram program(Request request) {
        return TanhChain.standard().program(request.steps());
    }
}
