package org.plumbline.plugins.model.diffusers.original;

import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;

/** What a file of tensors is, by the names in it. */
public enum CheckpointKind {
    /** Stable Diffusion 1 or 2, or a model that was made of one. */
    STABLE_DIFFUSION("a checkpoint in one file, of Stable Diffusion 1 or 2", ""),
    /** Its text networks lie elsewhere and are of both kinds at once. */
    XL(
            "a checkpoint in one file, of Stable Diffusion XL",
            ", whose two text networks have names and matrices of their own under conditioner.embedders"),
    /** The denoiser is no U-Net: Stable Diffusion 3 and others. */
    TRANSFORMER(
            "a checkpoint in one file, whose denoiser is a transformer",
            ", with names that differ from model to model"),
    /** None of these. */
    NONE("no checkpoint", ": no name in it starts with model.diffusion_model.");

    /** What to do with a file that cannot be imported. */
    public static final String OTHERWISE =
            "take the model's folder in the layout of diffusers, or write one in Python with from_single_file and"
                    + " save_pretrained of diffusers";

    private static final String DENOISER = "model.diffusion_model.";

    /** Buffers of the noise schedule, averages of the weights and what only training needs. */
    private static final Pattern UNUSED = Pattern.compile("betas|lvlb_weights|logvar|scale_factor"
            + "|(sqrt_)?(one_minus_)?alphas_cumprod(_prev)?|log_one_minus_alphas_cumprod"
            + "|sqrt_one_minus_alphas_cumprod|sqrt_recip(m1)?_alphas_cumprod"
            + "|posterior_(variance|log_variance_clipped|mean_coef1|mean_coef2)"
            + "|(model_ema|embedding_manager|first_stage_model\\.loss|first_stage_model\\.model_ema)\\..*"
            + "|cond_stage_model\\.transformer\\.(text_model\\.)?embeddings\\.position_ids"
            + "|cond_stage_model\\.(model\\.)?logit_scale|cond_stage_model\\.(model|transformer)\\.text_projection(\\.weight)?"
            + "|cond_stage_model\\.model\\.(attn_mask|transformer\\.resblocks\\..*)");

    private final String words;
    private final String reason;

    CheckpointKind(String words, String reason) {
        this.words = words;
        this.reason = reason;
    }

    /** Tells the kind. */
    public static CheckpointKind of(Set<String> keys) {
        if (keys.stream().anyMatch(key -> key.startsWith("conditioner.embedders."))) {
            return XL;
        }
        if (keys.stream().anyMatch(key -> key.matches("model\\.diffusion_model\\.(input_blocks|out)\\..*"))) {
            return STABLE_DIFFUSION;
        }
        return keys.stream().anyMatch(key -> key.startsWith(DENOISER)) ? TRANSFORMER : NONE;
    }

    /** Whether a tensor that is no weight of the networks is one that these files usually have. */
    public static boolean isUsuallyUnused(String key) {
        return UNUSED.matcher(key).matches();
    }

    /** The kind in words. */
    public String words() {
        return words;
    }

    /** Why such a file cannot be imported, to follow the words; empty if it can. */
    public String reason() {
        return reason;
    }

    /** What to do with such a file, which is not run as it is. */
    public String advice(Path file) {
        return this == STABLE_DIFFUSION
                ? "a checkpoint in one file is not run as it is; 'plumbline model import " + file
                        + " --like FOLDER --out FOLDER' writes a model folder of it"
                : "it cannot be imported: it is " + words + reason + "; " + OTHERWISE;
    }
}
