package org.plumbline.spi.model;

import java.util.List;
import java.util.Map;

/**
 * What can be said of a model, or of a file of adapters, without loading weights: only configurations and the headers of
 * weight files are read.
 *
 * @param name of the folder or file
 * @param kind what it is, for example the class of its pipeline
 * @param components its parts in the order of its index
 * @param facts what else there is to say, by name: the noise schedule, the shape of the latent, the form of adapters
 * @param unsupported what keeps this loader from running it, each with the reason; empty if it can be run
 * @param warnings what is suspicious but does no harm
 */
public record ModelInspection(
        String name,
        String kind,
        List<Component> components,
        Map<String, String> facts,
        List<String> unsupported,
        List<String> warnings) {
    public ModelInspection {
        components = List.copyOf(components);
        unsupported = List.copyOf(unsupported);
        warnings = List.copyOf(warnings);
    }

    /**
     * A part of a model.
     *
     * @param name for example {@code unet}
     * @param type its class
     * @param files that hold its weights, by name within the part's folder
     * @param dtypes how its numbers are stored, each with the number of tensors that are
     * @param tensors how many there are
     * @param parameters how many numbers they hold
     * @param bytes size of the files
     * @param status what this loader does with it: {@code used}, {@code ignored}, or why it cannot be used
     */
    public record Component(
            String name,
            String type,
            List<String> files,
            Map<String, Integer> dtypes,
            int tensors,
            long parameters,
            long bytes,
            String status) {
        public Component {
            files = List.copyOf(files);
        }
    }
}
