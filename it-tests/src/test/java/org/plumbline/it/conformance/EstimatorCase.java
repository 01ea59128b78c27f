package org.plumbline.it.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One gradient of a golden file, and the estimator that has to give it.
 *
 * <p>What it is follows from its name: {@code draft_eta{eta}_K{K}}, {@code ddpo_{any}}, {@code adjoint_{method}},
 * {@code exact_{method}}, {@code rlr_fo}, {@code rlr_tiled_h{h}}. The entry of the same name among {@code cases} in the
 * file's description may hold {@code clip} and {@code eta}.
 *
 * @param name prefix of its tensors
 * @param estimator id of the plugin
 * @param settings of the plugin
 * @param eta noise of the sampler
 * @param lossPerGradient what the estimator's uphill gradient is multiplied with to be the one of the file's loss
 * @param samples tensors of the file, where it has them, that say what was sampled
 */
record EstimatorCase(
        String name,
        String estimator,
        Map<String, Object> settings,
        double eta,
        double lossPerGradient,
        List<String> samples) {
    private static final Pattern DRAFT = Pattern.compile("draft_eta([0-9.]+)_K([0-9]+)");
    private static final Pattern DDPO = Pattern.compile("ddpo_.+");
    private static final Pattern FLOW = Pattern.compile("(adjoint|exact)_([a-z0-9]+)");
    private static final Pattern RLR = Pattern.compile("rlr_(fo|tiled_h([0-9]+))");

    private static final double USUAL_CLIP = 1e-4;

    /** Forms of names, for messages. */
    static List<String> known() {
        return List.of(DRAFT.pattern(), DDPO.pattern(), FLOW.pattern(), RLR.pattern());
    }

    /**
     * Reads a name; empty if nothing is known of such a case.
     *
     * @param facts the file's description
     * @param steps of the sampler
     * @param nodes of the flow's grid
     */
    static Optional<EstimatorCase> of(String name, JsonNode facts, int steps, int nodes) {
        JsonNode own = facts.path("cases").path(name);
        double eta = own.path("eta").asDouble(1);
        Matcher draft = DRAFT.matcher(name);
        if (draft.matches()) {
            Map<String, Object> settings = Map.of("steps", Integer.parseInt(draft.group(2)));
            return Optional.of(of(name, "truncated-bp", settings, Double.parseDouble(draft.group(1)), -1));
        }
        if (DDPO.matcher(name).matches()) {
            Map<String, Object> settings = Map.of(
                    "objective",
                    "clip",
                    "baseline",
                    "per-prompt",
                    "log-probability",
                    "mean",
                    "clip",
                    own.path("clip").asDouble(USUAL_CLIP));
            // The loss is averaged over the steps, the gradient is of the sum.
            return Optional.of(of(name, "policy-gradient", settings, eta, -1.0 / steps));
        }
        Matcher flow = FLOW.matcher(name);
        if (flow.matches()) {
            boolean exact = flow.group(1).equals("exact");
            Map<String, Object> settings =
                    Map.of("method", flow.group(2), "compatibility", "official", "steps", nodes, "exact", exact);
            return Optional.of(new EstimatorCase(
                    name, "adjoint-dpm", settings, 0, -1, List.of(name + ".reward", name + ".final")));
        }
        Matcher rlr = RLR.matcher(name);
        if (rlr.matches()) {
            return Optional.of(
                    rlr.group(2) == null
                            ? of(name, "rlr", Map.of("mode", "fo"), eta, -1)
                            : of(name, "rlr", tiled(Integer.parseInt(rlr.group(2))), eta, -1));
        }
        return Optional.empty();
    }

    private static Map<String, Object> tiled(int h) {
        return Map.of("mode", "tiled-ho", "h", h, "baseline", "none");
    }

    /** A case of the study's sampler. */
    private static EstimatorCase of(
            String name, String estimator, Map<String, Object> settings, double eta, double lossPerGradient) {
        String noise = new BigDecimal(Double.toString(eta)).stripTrailingZeros().toPlainString();
        List<String> samples =
                new ArrayList<>(List.of(name + ".reward", name + ".ratio", "chain_eta" + noise + ".final"));
        if (DDPO.matcher(name).matches()) {
            samples.add("ddpo.reward");
        }
        return new EstimatorCase(name, estimator, settings, eta, lossPerGradient, samples);
    }
}
