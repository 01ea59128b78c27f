package org.plumbline.plugins.model.diffusers.original;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of a U-Net. Originally the ways down and up are one list each, of all stages together: an entry is a residual
 * block with the attention behind it, if there is one, and with what doubles the size, if that comes next. What halves the
 * size is an entry of its own, and so is the first convolution.
 */
final class UNetNames implements OriginalNames {
    private static final Pattern STAGE =
            Pattern.compile("(down|up)_blocks\\.(\\d+)\\.(resnets|attentions|downsamplers|upsamplers)\\.(\\d+)\\.(.+)");
    private static final Pattern MIDDLE = Pattern.compile("mid_block\\.(resnets|attentions)\\.(\\d+)\\.(.+)");

    /** Layers outside the blocks. */
    private static final Map<String, String> SINGLE = Map.of(
            "conv_in", "input_blocks.0.0",
            "time_embedding.linear_1", "time_embed.0",
            "time_embedding.linear_2", "time_embed.2",
            "class_embedding", "label_emb",
            "class_embedding.linear_1", "label_emb.0.0",
            "class_embedding.linear_2", "label_emb.0.2",
            "conv_norm_out", "out.0",
            "conv_out", "out.2");

    /** Layers of a residual block: the original lists hold activations too, and so skip numbers. */
    private static final Map<String, String> RESNET = Map.of(
            "norm1", "in_layers.0",
            "conv1", "in_layers.2",
            "time_emb_proj", "emb_layers.1",
            "norm2", "out_layers.0",
            "conv2", "out_layers.3",
            "conv_shortcut", "skip_connection");

    private final Map<String, Integer> firstEntries;
    private final Map<String, Integer> blocks;
    private final Set<String> attentive;

    private UNetNames(Map<String, Integer> firstEntries, Map<String, Integer> blocks, Set<String> attentive) {
        this.firstEntries = firstEntries;
        this.blocks = blocks;
        this.attentive = attentive;
    }

    static UNetNames of(Collection<String> weights) {
        Map<String, Integer> blocks = new LinkedHashMap<>();
        Set<String> attentive = new TreeSet<>();
        for (String weight : weights) {
            Matcher matcher = STAGE.matcher(weight);
            if (matcher.matches()) {
                String stage = stage(matcher.group(1), Integer.parseInt(matcher.group(2)));
                if (matcher.group(3).equals("resnets")) {
                    blocks.merge(stage, Integer.parseInt(matcher.group(4)) + 1, Math::max);
                } else if (matcher.group(3).equals("attentions")) {
                    attentive.add(stage);
                }
            }
        }
        Map<String, Integer> firstEntries = new LinkedHashMap<>();
        // On the way down the first convolution comes first, and every stage ends in an entry that halves the size.
        count("down", 1, 1, blocks, firstEntries);
        count("up", 0, 0, blocks, firstEntries);
        return new UNetNames(firstEntries, blocks, attentive);
    }

    private static void count(
            String direction, int first, int ends, Map<String, Integer> blocks, Map<String, Integer> firstEntries) {
        int entry = first;
        for (int i = 0; blocks.containsKey(stage(direction, i)); i++) {
            String stage = stage(direction, i);
            firstEntries.put(stage, entry);
            entry += blocks.getOrDefault(stage, 0) + ends;
        }
    }

    private static String stage(String direction, int index) {
        return direction + " " + index;
    }

    @Override
    public String prefix() {
        return "model.diffusion_model.";
    }

    @Override
    public boolean isLayer(String key) {
        return key.startsWith(prefix());
    }

    @Override
    public Optional<Place> place(String weight) {
        Matcher stage = STAGE.matcher(weight);
        Matcher middle = MIDDLE.matcher(weight);
        Optional<String> name = stage.matches()
                ? inStage(stage)
                : middle.matches() ? inMiddle(middle) : LayerNames.rename(weight, SINGLE);
        return name.map(key -> Place.whole(prefix() + key));
    }

    private Optional<String> inStage(Matcher found) {
        String stage = stage(found.group(1), Integer.parseInt(found.group(2)));
        int first = firstEntries.getOrDefault(stage, 0);
        int count = blocks.getOrDefault(stage, 0);
        int index = Integer.parseInt(found.group(4));
        String layer = found.group(5);
        String list = found.group(1).equals("down") ? "input_blocks." : "output_blocks.";
        return switch (found.group(3)) {
            case "resnets" -> LayerNames.rename(layer, RESNET).map(name -> list + (first + index) + ".0." + name);
            case "attentions" -> Optional.of(list + (first + index) + ".1." + layer);
            case "downsamplers" ->
                LayerNames.rename(layer, Map.of("conv", "op")).map(name -> list + (first + count) + ".0." + name);
            default -> {
                // It is the last part of the stage's last entry.
                int place = attentive.contains(stage) ? 2 : 1;
                yield LayerNames.rename(layer, Map.of("conv", "conv"))
                        .map(name -> list + (first + count - 1) + "." + place + "." + name);
            }
        };
    }

    private static Optional<String> inMiddle(Matcher found) {
        int index = Integer.parseInt(found.group(2));
        String layer = found.group(3);
        return found.group(1).equals("attentions")
                ? Optional.of("middle_block.1." + layer)
                : LayerNames.rename(layer, RESNET).map(name -> "middle_block." + 2 * index + "." + name);
    }
}
