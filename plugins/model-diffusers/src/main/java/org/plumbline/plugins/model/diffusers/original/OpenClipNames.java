package org.plumbline.plugins.model.diffusers.original;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of version 2's text network, which is OpenCLIP's. Queries, keys and values are made by one matrix there, one
 * below the other. The network has one layer more than is used: its authors take the result of the last but one.
 *
 * @param layers that are used
 */
record OpenClipNames(int layers) implements OriginalNames {
    static final String PREFIX = "cond_stage_model.model.";

    private static final Pattern LAYER = Pattern.compile("text_model\\.encoder\\.layers\\.(\\d+)\\.(.+)");
    private static final Pattern ORIGINAL_LAYER =
            Pattern.compile("cond_stage_model\\.model\\.transformer\\.resblocks\\.(\\d+)\\..+");
    private static final Pattern INPUTS = Pattern.compile("self_attn\\.([qkv])_proj\\.(weight|bias)");
    private static final List<String> INPUT_ORDER = List.of("q", "k", "v");

    private static final Map<String, String> SINGLE = Map.of(
            "text_model.embeddings.token_embedding.weight", "token_embedding.weight",
            "text_model.embeddings.position_embedding.weight", "positional_embedding",
            "text_model.final_layer_norm.weight", "ln_final.weight",
            "text_model.final_layer_norm.bias", "ln_final.bias");

    private static final Map<String, String> IN_LAYER = Map.of(
            "self_attn.out_proj", "attn.out_proj",
            "layer_norm1", "ln_1",
            "layer_norm2", "ln_2",
            "mlp.fc1", "mlp.c_fc",
            "mlp.fc2", "mlp.c_proj");

    @Override
    public String prefix() {
        return PREFIX;
    }

    @Override
    public Optional<Place> place(String weight) {
        Matcher layer = LAYER.matcher(weight);
        if (!layer.matches()) {
            return Optional.ofNullable(SINGLE.get(weight)).map(name -> Place.whole(PREFIX + name));
        }
        String block = PREFIX + "transformer.resblocks." + layer.group(1) + ".";
        Matcher input = INPUTS.matcher(layer.group(2));
        if (input.matches()) {
            return Optional.of(new Place(
                    block + "attn.in_proj_" + input.group(2), INPUT_ORDER.indexOf(input.group(1)), INPUT_ORDER.size()));
        }
        return LayerNames.rename(layer.group(2), IN_LAYER).map(name -> Place.whole(block + name));
    }

    @Override
    public boolean isLayer(String key) {
        Matcher layer = ORIGINAL_LAYER.matcher(key);
        return layer.matches() && Integer.parseInt(layer.group(1)) != layers;
    }
}
