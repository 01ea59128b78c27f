package org.plumbline.spi.model;

/** The ways in which files of low-rank adapters name their tensors and say their alpha. */
public enum AdapterForm {
    /**
     * One file, {@code pytorch_lora_weights.safetensors}, with {@code unet.<layer>.lora.down.weight} and
     * {@code .lora.up.weight}. It has no place for alpha, which is multiplied into the second matrix.
     */
    DIFFUSERS,
    /**
     * {@code adapter_model.safetensors} with {@code base_model.model.<layer>.lora_A.weight} and {@code .lora_B.weight},
     * beside {@code adapter_config.json}, which says rank and alpha.
     */
    PEFT,
    /**
     * One file with {@code lora_unet_<layer, parts joined by _>.lora_down.weight}, {@code .lora_up.weight} and
     * {@code .alpha}.
     */
    KOHYA
}
