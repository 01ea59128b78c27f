package org.plumbline.plugins.model.diffusers.original;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.plugins.model.diffusers.network.GoldenCases;

class OriginalNamesTest {
    private static Set<String> keys(String resource) {
        Set<String> keys = new TreeSet<>();
        GoldenCases.json(GoldenCases.resource("/golden/" + resource))
                .fieldNames()
                .forEachRemaining(keys::add);
        return keys;
    }

    private static String layer(String weight) {
        return weight.substring(0, weight.lastIndexOf('.'));
    }

    @ParameterizedTest
    @CsvSource({"unet, sd15_unet_keys.json, 686", "vae, sd_vae_keys.json, 248"})
    void every_weight_of_stable_diffusion_1_5_is_found(String part, String resource, int count) throws IOException {
        Set<String> weights = keys(resource);
        assertEquals(count, weights.size());
        OriginalNames names = part.equals("unet") ? OriginalNames.unet(weights) : OriginalNames.autoencoder(weights);
        Map<String, String> expected = new TreeMap<>();
        NamePairs.read("sd15-layers.txt").forEach((layer, original) -> {
            if (layer.startsWith(part + "/")) {
                expected.put(layer, original);
            }
        });
        Map<String, String> layers = new TreeMap<>();
        Set<String> found = new TreeSet<>();
        for (String weight : weights) {
            OriginalNames.Place place = names.place(weight).orElseThrow(() -> new AssertionError(weight));
            assertEquals(1, place.parts());
            assertTrue(place.key().startsWith(names.prefix()), place.key());
            assertTrue(names.isLayer(place.key()), place.key());
            assertTrue(found.add(place.key()), "two weights in " + place.key());
            assertEquals(
                    weight.substring(weight.lastIndexOf('.')),
                    place.key().substring(place.key().lastIndexOf('.')));
            layers.put(part + "/" + layer(weight), layer(place.key()));
        }
        assertEquals(expected, layers);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sd1-small.txt", "sd2-small.txt"})
    void every_weight_of_small_networks_is_found(String resource) throws IOException {
        Map<String, String> expected = NamePairs.read(resource);
        for (String part : List.of("unet", "vae", "text_encoder")) {
            List<String> weights = expected.keySet().stream()
                    .filter(name -> name.startsWith(part + "/"))
                    .map(name -> name.substring(part.length() + 1))
                    .toList();
            OriginalNames names = switch (part) {
                case "unet" -> OriginalNames.unet(weights);
                case "vae" -> OriginalNames.autoencoder(weights);
                default -> OriginalNames.text(2, Set.copyOf(expected.values()));
            };
            for (String weight : weights) {
                OriginalNames.Place place = names.place(weight).orElseThrow(() -> new AssertionError(weight));
                assertEquals(
                        expected.get(part + "/" + weight),
                        place.key() + (place.parts() == 1 ? "" : ":" + place.part()));
                assertEquals(place.key().contains("in_proj") ? 3 : 1, place.parts());
            }
        }
    }

    @Test
    void classes_have_a_table_or_two_layers() {
        OriginalNames names = OriginalNames.unet(List.of());
        assertEquals(
                "model.diffusion_model.label_emb.weight",
                names.place("class_embedding.weight").orElseThrow().key());
        assertEquals(
                "model.diffusion_model.label_emb.0.2.bias",
                names.place("class_embedding.linear_2.bias").orElseThrow().key());
    }

    @Test
    void a_layer_that_the_original_networks_lack_has_no_place() {
        OriginalNames unet = OriginalNames.unet(List.of("down_blocks.0.resnets.0.norm1.weight"));
        assertEquals(Optional.empty(), unet.place("add_embedding.linear_1.weight"));
        assertEquals(Optional.empty(), unet.place("down_blocks.0.downsamplers.0.norm1.weight"));
        assertEquals(Optional.empty(), unet.place("down_blocks.0.resnets.0.temp.weight"));
        assertEquals(Optional.empty(), new OpenClipNames(2).place("text_projection.weight"));
    }

    @Test
    void text_networks_of_early_files_have_shorter_names() {
        OriginalNames names =
                OriginalNames.text(1, Set.of("cond_stage_model.transformer.encoder.layers.0.layer_norm1.bias"));
        assertEquals(
                "cond_stage_model.transformer.encoder.layers.0.layer_norm1.bias",
                names.place("text_model.encoder.layers.0.layer_norm1.bias")
                        .orElseThrow()
                        .key());
    }

    @Test
    void the_last_layer_of_the_second_text_network_is_not_used() {
        OriginalNames names = new OpenClipNames(23);
        assertFalse(names.isLayer("cond_stage_model.model.transformer.resblocks.23.ln_1.bias"));
        assertTrue(names.isLayer("cond_stage_model.model.transformer.resblocks.24.ln_1.bias"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "betas",
                "alphas_cumprod",
                "alphas_cumprod_prev",
                "sqrt_alphas_cumprod",
                "sqrt_one_minus_alphas_cumprod",
                "log_one_minus_alphas_cumprod",
                "sqrt_recip_alphas_cumprod",
                "sqrt_recipm1_alphas_cumprod",
                "posterior_variance",
                "posterior_log_variance_clipped",
                "posterior_mean_coef1",
                "posterior_mean_coef2",
                "logvar",
                "scale_factor",
                "model_ema.decay",
                "model_ema.num_updates",
                "model_ema.diffusion_modelinput_blocks00weight",
                "first_stage_model.loss.logvar",
                "first_stage_model.loss.perceptual_loss.net.slice1.0.weight",
                "cond_stage_model.transformer.text_model.embeddings.position_ids",
                "cond_stage_model.model.logit_scale",
                "cond_stage_model.model.text_projection",
                "cond_stage_model.model.transformer.resblocks.23.ln_1.bias"
            })
    void what_only_training_needs_is_known(String key) {
        assertTrue(CheckpointKind.isUsuallyUnused(key));
        assertFalse(CheckpointKind.isUsuallyUnused("my_" + key));
    }

    @Test
    void kinds_are_told_by_names() {
        assertEquals(
                CheckpointKind.STABLE_DIFFUSION,
                CheckpointKind.of(Set.of("model.diffusion_model.input_blocks.0.0.weight", "betas")));
        assertEquals(
                CheckpointKind.XL,
                CheckpointKind.of(Set.of(
                        "model.diffusion_model.input_blocks.0.0.weight",
                        "conditioner.embedders.0.transformer.text_model.final_layer_norm.bias")));
        assertEquals(
                CheckpointKind.TRANSFORMER,
                CheckpointKind.of(Set.of("model.diffusion_model.joint_blocks.0.x_block.attn.proj.bias")));
        assertEquals(CheckpointKind.NONE, CheckpointKind.of(Set.of("conv_in.weight")));
    }
}
