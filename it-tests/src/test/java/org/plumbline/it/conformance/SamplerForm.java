package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * A sampler in one of its forms, with its program on the chain that it suits.
 *
 * @param id of the plugin
 * @param settings empty for the default form
 * @param ground the chain, of diffusion or of flow
 */
record SamplerForm(String id, Map<String, Object> settings, Ground ground, SamplerProgram program) {
    /** Forms whose tables differ in kind from the default one: with noise, with memory, with other registers. */
    private static final Map<String, List<Map<String, Object>>> FORMS = Map.of(
            "ddim", List.of(Map.of("eta", 1)),
            "dpm-solver",
                    List.of(Map.of("algorithm-type", "sde-dpmsolver++"), Map.of("solver-order", 3, "sigmas", "karras")),
            "dpm-solver-singlestep", List.of(Map.of("algorithm-type", "sde-dpmsolver++", "solver-order", 3)),
            "dpm2", List.of(Map.of("ancestral", true)),
            "euler", List.of(Map.of("churn", 2)),
            "flow-matching", List.of(Map.of("noise", "flow-grpo"), Map.of("noise", "cps"), Map.of("solver", "heun")),
            "pf-ode", List.of(Map.of("solver", "rk4")),
            "pndm", List.of(Map.of("skip-prk-steps", true)),
            "unipc", List.of(Map.of("solver-order", 3)));

    /** Every installed sampler that suits a model of diffusion or flow, in its forms. */
    static List<SamplerForm> all(Leases leases) {
        List<SamplerForm> forms = new ArrayList<>();
        for (PluginDescription plugin : leases.catalog().list()) {
            if (plugin.role() == PluginRole.SAMPLER) {
                of(leases, plugin.id(), Map.of()).ifPresent(forms::add);
                for (Map<String, Object> settings : FORMS.getOrDefault(plugin.id(), List.of())) {
                    forms.add(of(leases, plugin.id(), settings).orElseThrow());
                }
            }
        }
        return forms;
    }

    private static Optional<SamplerForm> of(Leases leases, String id, Map<String, Object> settings) {
        for (Ground ground : List.of(Ground.DIFFUSION, Ground.FLOW)) {
            DiffusionModel model = ground.model();
            Map<String, Object> stored = new HashMap<>(model.samplerSettings());
            stored.put("clip_sample", false);
            stored.put("timestep_spacing", "trailing"); // else a last step neither moves nor adds noise
            try {
                SamplerProgram program = leases.lease(Sampler.class, id, settings)
                        .program(new Sampler.Request(model.schedule(), model.prediction(), Ground.STEPS, stored));
                return Optional.of(new SamplerForm(id, settings, ground, program));
            } catch (PlumblineException unsuited) {
                assertEquals(StandardError.INCOMPATIBLE, unsuited.code(), unsuited.getMessage());
            }
        }
        return Optional.empty();
    }

    boolean noisy() {
        return program.calls().stream().anyMatch(SamplerCall::stochastic);
    }

    @Override
    public String toString() {
        return id + (settings.isEmpty() ? "" : " " + new TreeMap<>(settings));
    }
}
