package org.plumbline.it.benchmark;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The updates that are compared. */
enum Method {
    FULL_REPLAY("full BP by replay", "truncated-bp", Map.of("cutoff", "full"), true),
    FULL_STORED("full BP, stored graph", null, Map.of(), true),
    TRUNCATED("truncated BP, K=1", "truncated-bp", Map.of("cutoff", "fixed", "steps", 1), true),
    POLICY_GRADIENT("policy gradient (DDPO)", "policy-gradient", Map.of(), true),
    RLR_TILED("RLR tiled, h=2", "rlr", Map.of("mode", "tiled-ho", "h", 2), false),
    RLR_EXACT("RLR exact, h=2, q=1", "rlr", Map.of("mode", "exact", "h", 2, "directions", 1), false),
    ADJOINT_DPM("AdjointDPM, heun", "adjoint-dpm", Map.of("method", "heun"), false);

    private final String title;
    private final @Nullable String estimator;
    private final Map<String, Object> settings;
    private final boolean peer;

    Method(String title, @Nullable String estimator, Map<String, Object> settings, boolean peer) {
        this.title = title;
        this.estimator = estimator;
        this.settings = settings;
        this.peer = peer;
    }

    /** What it is called in tables. */
    String title() {
        return title;
    }

    /** The plugin, or null for the stored graph of the whole chain, which is a yardstick and no plugin. */
    @Nullable
    String estimator() {
        return estimator;
    }

    Map<String, Object> settings() {
        return settings;
    }

    /** Whether the peer program has it too. */
    boolean peer() {
        return peer;
    }

    /** What it is called on command lines and in files. */
    String key() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    static Method ofKey(String key) {
        return Arrays.stream(values())
                .filter(method -> method.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(key));
    }
}
