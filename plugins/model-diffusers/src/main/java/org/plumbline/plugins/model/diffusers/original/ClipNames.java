package org.plumbline.plugins.model.diffusers.original;

import java.util.Optional;
import java.util.Set;

/**
 * The names of version 1's text network, which is the CLIP of transformers in the file as it is.
 *
 * @param within what the names of the network's own layers start with in the file, in place of {@link #OWN}
 */
record ClipNames(String within) implements OriginalNames {
    private static final String PREFIX = "cond_stage_model.transformer.";
    private static final String OWN = "text_model.";

    /** The names in a file. The first versions of transformers had no {@link #OWN}. */
    static ClipNames in(Set<String> keys) {
        boolean early = keys.stream().anyMatch(key -> key.startsWith(PREFIX + "encoder."));
        return new ClipNames(early ? PREFIX : PREFIX + OWN);
    }

    @Override
    public String prefix() {
        return PREFIX;
    }

    @Override
    public Optional<Place> place(String weight) {
        return Optional.of(
                Place.whole(weight.startsWith(OWN) ? within + weight.substring(OWN.length()) : PREFIX + weight));
    }

    @Override
    public boolean isLayer(String key) {
        return key.startsWith(within + "encoder.");
    }
}
