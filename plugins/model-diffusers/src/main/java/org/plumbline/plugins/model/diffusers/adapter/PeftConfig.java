package org.plumbline.plugins.model.diffusers.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.plumbline.plugins.model.diffusers.network.Adapters;
import org.plumbline.plugins.model.diffusers.network.LowRank;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * Rank and alpha as the peft library describes them: one of each, and patterns for the layers that differ. It is the
 * content of {@code adapter_config.json}, and, with the component before every key, of an entry that newer versions of
 * diffusers leave in the header of their file.
 *
 * @param rank of the layers without a pattern
 * @param alpha of the layers without a pattern
 * @param ranks of others, by a pattern for the end of their name
 * @param alphas of others, by a pattern for the end of their name
 * @param rankStabilised whether adapters are scaled by alpha / sqrt(rank) instead
 */
record PeftConfig(
        int rank, double alpha, Map<String, Integer> ranks, Map<String, Double> alphas, boolean rankStabilised) {
    /**
     * Reads it.
     *
     * @param prefix of every key
     * @param where for messages
     */
    static PeftConfig read(JsonNode json, String prefix, String where) {
        if (!json.path(prefix + "r").canConvertToInt()
                || !json.path(prefix + "lora_alpha").isNumber()) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked(where + " does not say rank and alpha: " + prefix + "r is " + json.path(prefix + "r") + ", "
                            + prefix + "lora_alpha is " + json.path(prefix + "lora_alpha"))
                    .build();
        }
        refuse(json, prefix, "use_dora", where, "adapters that only add to a weight");
        refuse(json, prefix, "lora_bias", where, "adapters without a bias");
        refuse(json, prefix, "fan_in_fan_out", where, "weights that are stored [out, in]");
        String bias = json.path(prefix + "bias").asText("none");
        if (!bias.equals("none") && !bias.equals("null")) {
            throw unsupported(where, prefix + "bias = " + bias, "adapters that leave the biases alone");
        }
        return new PeftConfig(
                json.path(prefix + "r").intValue(),
                json.path(prefix + "lora_alpha").doubleValue(),
                numbers(json.path(prefix + "rank_pattern"), JsonNode::intValue),
                numbers(json.path(prefix + "alpha_pattern"), JsonNode::doubleValue),
                json.path(prefix + "use_rslora").booleanValue());
    }

    private static void refuse(JsonNode json, String prefix, String key, String where, String available) {
        if (json.path(prefix + key).booleanValue()) {
            throw unsupported(where, prefix + key + " = true", available);
        }
    }

    private static PlumblineException unsupported(String where, String what, String available) {
        return PlumblineException.of(StandardError.UNSUPPORTED)
                .asked(where + " has " + what)
                .available(available)
                .build();
    }

    private static <N extends Number> Map<String, N> numbers(JsonNode object, Function<JsonNode, N> read) {
        Map<String, N> numbers = new LinkedHashMap<>();
        object.properties().forEach(entry -> numbers.put(entry.getKey(), read.apply(entry.getValue())));
        return numbers;
    }

    /** The rank that a layer is said to have. */
    int rank(String layer) {
        return pattern(ranks, layer).orElse(rank);
    }

    /** The alpha of a layer of this rank, as one that is divided by the rank. */
    double alpha(String layer, int ofRank) {
        double said = pattern(alphas, layer).orElse(alpha);
        return rankStabilised ? said * Math.sqrt(ofRank) : said;
    }

    private static <N> Optional<N> pattern(Map<String, N> patterns, String layer) {
        return patterns.entrySet().stream()
                .filter(entry -> matches(entry.getKey(), layer))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private static boolean matches(String pattern, String layer) {
        if (Adapters.matches(layer, pattern)) {
            return true;
        }
        try {
            return Pattern.matches("(.*\\.)?(" + pattern + ")", layer);
        } catch (PatternSyntaxException notOne) {
            return false;
        }
    }

    /** Describes adapters. */
    static PeftConfig of(Map<String, LowRank> adapters) {
        int rank = mostFrequent(adapters.values(), LowRank::rank);
        double alpha = mostFrequent(adapters.values(), LowRank::alpha);
        Map<String, Integer> ranks = new LinkedHashMap<>();
        Map<String, Double> alphas = new LinkedHashMap<>();
        adapters.forEach((layer, size) -> {
            if (size.rank() != rank) {
                ranks.put(layer, size.rank());
            }
            if (size.alpha() != alpha) {
                alphas.put(layer, size.alpha());
            }
        });
        return new PeftConfig(rank, alpha, ranks, alphas, false);
    }

    private static <V> V mostFrequent(Collection<LowRank> sizes, Function<LowRank, V> value) {
        return sizes.stream()
                .collect(Collectors.groupingBy(value, LinkedHashMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    /** The entries that say rank and alpha. */
    Map<String, Object> entries() {
        Map<String, Object> entries = new LinkedHashMap<>();
        entries.put("r", rank);
        entries.put("lora_alpha", json(alpha));
        entries.put("rank_pattern", ranks);
        Map<String, Object> others = new LinkedHashMap<>();
        alphas.forEach((layer, value) -> others.put(layer, json(value)));
        entries.put("alpha_pattern", others);
        return entries;
    }

    /** A whole number without a point, as people write it. */
    private static Object json(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e9 ? (Object) (int) number : (Object) number;
    }

    /** A complete {@code adapter_config.json}. */
    Map<String, Object> file(List<String> targets) {
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("peft_type", "LORA");
        file.put("task_type", null);
        file.put("base_model_name_or_path", null);
        file.put("inference_mode", true);
        file.putAll(entries());
        file.put("target_modules", targets);
        file.put("lora_dropout", 0.0);
        file.put("bias", "none");
        file.put("fan_in_fan_out", false);
        file.put("init_lora_weights", true);
        file.put("use_rslora", false);
        file.put("use_dora", false);
        file.put("modules_to_save", null);
        file.put("layers_to_transform", null);
        file.put("layers_pattern", null);
        return file;
    }

    /**
     * The shortest list of ends of names that selects just these layers: their last parts, if no other layer has one of
     * them, else their whole names.
     */
    static List<String> targets(Collection<String> adapted, Collection<String> all) {
        TreeSet<String> ends = new TreeSet<>();
        adapted.forEach(layer -> ends.add(Adapters.end(layer)));
        boolean exact = all.stream()
                .filter(layer -> ends.stream().anyMatch(end -> Adapters.matches(layer, end)))
                .allMatch(adapted::contains);
        return exact ? List.copyOf(ends) : adapted.stream().sorted().toList();
    }
}
