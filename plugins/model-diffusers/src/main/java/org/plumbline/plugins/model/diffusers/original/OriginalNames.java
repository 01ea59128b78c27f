package org.plumbline.plugins.model.diffusers.original;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/** Where the weights of one network lie in a checkpoint in one file. Immutable. */
public interface OriginalNames {
    /**
     * A tensor, or one of the equal parts that its rows are divided into.
     *
     * @param key its name in the file
     * @param part which of them, from 0
     * @param parts how many there are; 1: it is taken whole
     */
    record Place(String key, int part, int parts) {
        static Place whole(String key) {
            return new Place(key, 0, 1);
        }
    }

    /** What the names of this network start with, the last dot included. */
    String prefix();

    /**
     * Where a weight lies.
     *
     * @param weight its name in the layout of diffusers
     * @return empty if the original network has no such layer
     */
    Optional<Place> place(String weight);

    /**
     * Whether a tensor for which no weight asked belongs to a layer that the network lacks: without it the network would
     * compute something else. Any other is of no consequence.
     *
     * @param key its name in the file
     */
    boolean isLayer(String key);

    /**
     * A U-Net.
     *
     * @param weights all its names in the layout of diffusers
     */
    static OriginalNames unet(Collection<String> weights) {
        return UNetNames.of(weights);
    }

    /**
     * An autoencoder.
     *
     * @param weights all its names in the layout of diffusers
     */
    static OriginalNames autoencoder(Collection<String> weights) {
        return AutoencoderNames.of(weights);
    }

    /**
     * A text network, which was another kind of CLIP in version 2.
     *
     * @param layers of the network
     * @param keys all names in the file, which tell the kind
     */
    static OriginalNames text(int layers, Set<String> keys) {
        return keys.stream().anyMatch(key -> key.startsWith(OpenClipNames.PREFIX))
                ? new OpenClipNames(layers)
                : ClipNames.in(keys);
    }
}
