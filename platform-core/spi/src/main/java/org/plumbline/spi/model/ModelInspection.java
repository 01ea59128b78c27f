package org.plumbline.spi.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
     * @param status a remark: that it is ignored, or why it cannot be used; empty if there is nothing to say
     * @param cost of a call; null if the loader does not have this network
     */
    public record Component(
            String name,
            String type,
            List<String> files,
            Map<String, Integer> dtypes,
            int tensors,
            long parameters,
            long bytes,
            String status,
            @Nullable Cost cost) {
        public Component {
            files = List.copyOf(files);
        }

        /** A part whose cost is not known. */
        public Component(
                String name,
                String type,
                List<String> files,
                Map<String, Integer> dtypes,
                int tensors,
                long parameters,
                long bytes,
                String status) {
            this(name, type, files, dtypes, tensors, parameters, bytes, status, null);
        }

        /** The same part with its cost. */
        public Component with(Cost other) {
            return new Component(name, type, files, dtypes, tensors, parameters, bytes, status, other);
        }
    }

    /**
     * What one row costs in one call of a network, counted from its configuration; all in numbers, not bytes. A denoiser is
     * counted with the adapters that are trained by default.
     *
     * @param parameters of the network
     * @param multiplyAdds of a forward pass; a vector-Jacobian product with frozen weights has twice as many
     * @param kept what a vector-Jacobian product keeps between its two halves
     * @param keptInSegments the same where activations between the network's boundaries are computed again
     * @param largest the largest value
     */
    public record Cost(long parameters, long multiplyAdds, long kept, long keptInSegments, long largest) {}
}
