package org.plumbline.plugins.estimator.rlr;

import java.util.Locale;

/** How the steps of the chain are divided among the three orders. */
enum Mode {
    /** FO on step 1, HO on a drawn sub-chain of 2..T, ZO on all other steps. */
    EXACT(true, true),
    /** FO on step 1, HO on tiles that cover 2..T. */
    TILED_HO(true, false),
    /** FO on step 1, HO on one of the tiles, drawn uniformly, times their number. */
    RANDOM_TILE(true, false),
    /** Equation 6 as printed: its HO has h + 1 steps, and step 1 belongs to FO and to one of the others. */
    PAPER_LITERAL(true, true),
    /** The published code: FO on step 1 and single HO steps with PPO's ratio; no sub-chain, no ZO. */
    RELEASED(true, false),
    /** The published development code: FO on step 1, ZO on all steps, step 1 too. */
    DEV(false, true),
    /** Ablation: FO on step 1 alone. */
    FO(false, false),
    /** Ablation: FO on step 1 and HO on a drawn sub-chain. */
    FO_HO(true, false),
    /** Ablation: FO on step 1, ZO on all others. */
    FO_ZO(false, true);

    private final boolean halfOrder;
    private final boolean zerothOrder;

    Mode(boolean halfOrder, boolean zerothOrder) {
        this.halfOrder = halfOrder;
        this.zerothOrder = zerothOrder;
    }

    boolean hasHalfOrder() {
        return halfOrder;
    }

    boolean hasZerothOrder() {
        return zerothOrder;
    }

    /** True if a contiguous sub-chain starts at a step that is drawn. */
    boolean drawsSubChain() {
        return this == EXACT || this == PAPER_LITERAL || this == FO_HO;
    }

    boolean hasTiles() {
        return this == TILED_HO || this == RANDOM_TILE;
    }

    /** The least step that its half-order part may start at. */
    int leastStart() {
        return this == PAPER_LITERAL || this == RELEASED ? 1 : 2;
    }

    /** How many steps a sub-chain of h has: equation 6 writes {j..j+h}, which are h + 1. */
    int subChainLength(int h) {
        return this == PAPER_LITERAL ? h + 1 : h;
    }

    /** As the user writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
