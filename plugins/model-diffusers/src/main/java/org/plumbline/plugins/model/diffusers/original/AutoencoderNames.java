package org.plumbline.plugins.model.diffusers.original;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of an autoencoder. Originally the stages of the decoder are counted as those of the encoder: the widest is 0. */
final class AutoencoderNames implements OriginalNames {
    private static final Pattern STAGE = Pattern.compile(
            "(encoder|decoder)\\.(down|up)_blocks\\.(\\d+)\\.(resnets|downsamplers|upsamplers)\\.(\\d+)\\.(.+)");
    private static final Pattern MIDDLE =
            Pattern.compile("(encoder|decoder)\\.mid_block\\.(resnets|attentions)\\.(\\d+)\\.(.+)");

    private static final Map<String, String> SINGLE = Map.of(
            "encoder.conv_in", "encoder.conv_in",
            "encoder.conv_norm_out", "encoder.norm_out",
            "encoder.conv_out", "encoder.conv_out",
            "decoder.conv_in", "decoder.conv_in",
            "decoder.conv_norm_out", "decoder.norm_out",
            "decoder.conv_out", "decoder.conv_out",
            "quant_conv", "quant_conv",
            "post_quant_conv", "post_quant_conv");

    private static final Map<String, String> RESNET = Map.of(
            "norm1", "norm1",
            "conv1", "conv1",
            "norm2", "norm2",
            "conv2", "conv2",
            "conv_shortcut", "nin_shortcut");

    /** Layers of attention, which originally are 1x1 convolutions. */
    private static final Map<String, String> ATTENTION =
            Map.of("group_norm", "norm", "to_q", "q", "to_k", "k", "to_v", "v", "to_out.0", "proj_out");

    private final int lastStage;

    private AutoencoderNames(int lastStage) {
        this.lastStage = lastStage;
    }

    static AutoencoderNames of(Collection<String> weights) {
        int last = 0;
        for (String weight : weights) {
            Matcher matcher = STAGE.matcher(weight);
            if (matcher.matches()) {
                last = Math.max(last, Integer.parseInt(matcher.group(3)));
            }
        }
        return new AutoencoderNames(last);
    }

    @Override
    public String prefix() {
        return "first_stage_model.";
    }

    @Override
    public boolean isLayer(String key) {
        return key.matches("first_stage_model\\.(encoder|decoder|quant_conv|post_quant_conv)\\..*");
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
        boolean up = found.group(2).equals("up");
        int number = Integer.parseInt(found.group(3));
        String stage = found.group(1) + "." + found.group(2) + "." + (up ? lastStage - number : number) + ".";
        String layer = found.group(6);
        return switch (found.group(4)) {
            case "resnets" ->
                LayerNames.rename(layer, RESNET).map(name -> stage + "block." + found.group(5) + "." + name);
            case "downsamplers" -> Optional.of(stage + "downsample." + layer);
            default -> Optional.of(stage + "upsample." + layer);
        };
    }

    private static Optional<String> inMiddle(Matcher found) {
        int number = Integer.parseInt(found.group(3)) + 1;
        String layer = found.group(4);
        return found.group(2).equals("resnets")
                ? LayerNames.rename(layer, RESNET).map(name -> found.group(1) + ".mid.block_" + number + "." + name)
                : LayerNames.rename(layer, ATTENTION).map(name -> found.group(1) + ".mid.attn_" + number + "." + name);
    }
}
