package org.plumbline.plugins.sampler.k.diffusion;

import org.plumbline.spi.provenance.Citation;

/** The papers that several of these samplers come from. */
final class Sources {
    static final Citation KARRAS = new Citation(
            "karras2022edm",
            "Karras, T., Aittala, M., Aila, T., Laine, S.",
            "Elucidating the design space of diffusion-based generative models",
            2022,
            "NeurIPS");

    private Sources() {}
}
