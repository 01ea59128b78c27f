package org.plumbline.it.golden;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
 */
record EstimatorCase(String name, String estimator, Map<String, Object> settings, double eta, double lossPerGradient) {
    private static final Pattern DRAFT = Pattern.compile("draft_eta([0-9.]+)_K([0-9]+)");
    private static final Pattern DDPO = Pattern.compile("ddpo_.+");
    private static final Pattern FLOW = Pattern.compile("(adjoint|exact)_([a-z0-9]+)");
    private static final Pattern TILED = Pattern.compile("rlr_tiled_h([0-9]+)");

    /** Empty if nothing is known of such a case. */
    static Optional<EstimatorCase> of(String name, JsonNode facts, int steps) {
        JsonNode own = facts.path("cases").path(name);
        Matcher draft = DRAFT.matcher(name);
        if (draft.matches()) {
            int k = Integer.parseInt(draft.group(2));
            return Optional.of(new EstimatorCase(
                    name, "truncated-bp", Map.of("steps", k), Double.parseDouble(draft.group(1)), -1));
        }
        double eta = own.path("eta").asDouble(1);
        if (DDPO.matcher(name).matches()) {
            Map<String, Object> settings = new LinkedHashMap<>();
            settings.put("objective", "clip");
            settings.put("baseline", "per-prompt");
            settings.put("log-probability", "mean");
            settings.put("clip", own.path("clip").asDouble(1e-4));
            // The loss is averaged over the steps, the gradient is of the sum.
            return Optional.of(new EstimatorCase(name, "policy-gradient", settings, eta, -1.0 / steps));
        }
        Matcher flow = FLOW.matcher(name);
        if (flow.matches()) {
            Map<String, Object> settings = new LinkedHashMap<>();
            settings.put("method", flow.group(2).toLowerCase(Locale.ROOT));
            settings.put("compatibility", "official");
            settings.put("exact", flow.group(1).equals("exact"));
            return Optional.of(new EstimatorCase(name, "adjoint-dpm", settings, 0, -1));
        }
        if (name.equals("rlr_fo")) {
            return Optional.of(new EstimatorCase(name, "truncated-bp", Map.of("steps", 1), eta, -1));
        }
        Matcher tiled = TILED.matcher(name);
        if (tiled.matches()) {
            Map<String, Object> settings =
                    Map.of("mode", "tiled-ho", "h", Integer.parseInt(tiled.group(1)), "baseline", "none");
            return Optional.of(new EstimatorCase(name, "rlr", settings, eta, -1));
        }
        return Optional.empty();
    }

    /** Tensors of the file that say what was sampled, where it has them. */
    List<String> samples() {
        List<String> names = new ArrayList<>();
        for (String what : List.of("reward", "final", "ratio")) {
            names.add(name + "." + what);
        }
        names.add("chain_eta"
                + new BigDecimal(Double.toString(eta)).stripTrailingZeros().toPlainString() + ".final");
        if (DDPO.matcher(name).matches()) {
            names.add("ddpo.reward");
        }
        return names;
    }

    static List<String> known() {
        return List.of(DRAFT.pattern(), DDPO.pattern(), FLOW.pattern(), "rlr_fo", TILED.pattern());
    }
}
