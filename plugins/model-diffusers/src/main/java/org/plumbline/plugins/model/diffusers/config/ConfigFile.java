package org.plumbline.plugins.model.diffusers.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One JSON object of options. An absent option and one that is null have the default that the reader names. Options that
 * nobody asks for are reported by {@link #reportUnread}. Not thread-safe.
 */
public final class ConfigFile {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigFile.class);
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // Python writes infinities, such as a lambda_min_clipped, without quotes.
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private final Path path;
    private final JsonNode root;
    private final Set<String> read = new HashSet<>();

    private ConfigFile(Path path, JsonNode root) {
        this.path = path;
        this.root = root;
    }

    /**
     * Reads a file.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE} or {@link StandardError#MALFORMED_FILE}
     */
    public static ConfigFile read(Path path) {
        if (!Files.isRegularFile(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("there is no file '" + path + "'")
                    .remedy("name a complete model folder in the layout of diffusers")
                    .build();
        }
        try {
            JsonNode root = JSON.readTree(Files.readAllBytes(path));
            if (!root.isObject()) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked("'" + path + "' is not a JSON object")
                        .build();
            }
            return new ConfigFile(path, root);
        } catch (JsonProcessingException e) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("'" + path + "' is not JSON: " + e.getOriginalMessage())
                    .cause(e)
                    .build();
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("'" + path + "' cannot be read: " + e)
                    .cause(e)
                    .build();
        }
    }

    /** An option that is an object, as a file of its own. */
    public ConfigFile object(String key) {
        require(key);
        if (!get(key).isObject()) {
            throw bad(key, "an object");
        }
        return new ConfigFile(path, get(key));
    }

    /** Where the file lies. */
    public Path path() {
        return path;
    }

    /** The names of all options. */
    public List<String> keys() {
        List<String> keys = new ArrayList<>();
        root.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    /** True if the option is there and not null. */
    public boolean has(String key) {
        return !get(key).isNull() && !get(key).isMissingNode();
    }

    /** A whole number. */
    public int integer(String key, int whenAbsent) {
        return value(key, "a whole number", JsonNode::canConvertToExactIntegral, JsonNode::intValue, whenAbsent);
    }

    /** A whole number that has no default. */
    public int integer(String key) {
        require(key);
        return integer(key, 0);
    }

    /** A number. */
    public double number(String key, double whenAbsent) {
        return value(key, "a number", JsonNode::isNumber, JsonNode::doubleValue, whenAbsent);
    }

    /** True or false. */
    public boolean flag(String key, boolean whenAbsent) {
        return value(key, "true or false", JsonNode::isBoolean, JsonNode::booleanValue, whenAbsent);
    }

    /** A text. */
    public String text(String key, String whenAbsent) {
        return value(key, "a text", JsonNode::isTextual, JsonNode::textValue, whenAbsent);
    }

    /** A text that has no default. */
    public String text(String key) {
        require(key);
        return text(key, "");
    }

    /** True if the option is a list. */
    public boolean isList(String key) {
        return get(key).isArray();
    }

    /** True if the option is a list in which everything is null. */
    public boolean isListOfNulls(String key) {
        for (JsonNode element : get(key)) {
            if (!element.isNull()) {
                return false;
            }
        }
        return isList(key);
    }

    /** An object whose values are texts. */
    public Map<String, String> textMap(String key) {
        require(key);
        Map<String, String> map = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : get(key).properties()) {
            if (!entry.getValue().isTextual()) {
                throw bad(key, "an object of texts");
            }
            map.put(entry.getKey(), entry.getValue().textValue());
        }
        return map;
    }

    /** The same; empty if the option is not there. */
    public Map<String, String> textMapIfPresent(String key) {
        return has(key) ? textMap(key) : Map.of();
    }

    /** A list of texts. */
    public List<String> texts(String key, List<String> whenAbsent) {
        return list(key, "a list of texts", JsonNode::isTextual, JsonNode::textValue, whenAbsent);
    }

    /** A list of numbers. */
    public List<Double> numbers(String key, List<Double> whenAbsent) {
        return list(key, "a list of numbers", JsonNode::isNumber, JsonNode::doubleValue, whenAbsent);
    }

    /** A list of whole numbers. */
    public List<Integer> integers(String key, List<Integer> whenAbsent) {
        return list(
                key, "a list of whole numbers", JsonNode::canConvertToExactIntegral, JsonNode::intValue, whenAbsent);
    }

    /** One whole number that stands for each of {@code count} places, or a list with one for each. */
    public List<Integer> integerOrList(String key, int count, int whenAbsent) {
        if (!get(key).isArray()) {
            return Collections.nCopies(count, integer(key, whenAbsent));
        }
        List<Integer> values = integers(key, List.of());
        if (values.size() != count) {
            throw bad(key, "a whole number or a list of " + count);
        }
        return values;
    }

    /** True or false for each of {@code count} places, or a list with one for each. */
    public List<Boolean> flagOrList(String key, int count, boolean whenAbsent) {
        if (!get(key).isArray()) {
            return Collections.nCopies(count, flag(key, whenAbsent));
        }
        List<Boolean> values =
                list(key, "a list of true and false", JsonNode::isBoolean, JsonNode::booleanValue, List.of());
        if (values.size() != count) {
            throw bad(key, "true, false, or a list of " + count);
        }
        return values;
    }

    /**
     * Refuses the option if it has another value than one of these, null and absence being harmless.
     *
     * @throws PlumblineException {@link StandardError#UNSUPPORTED}
     */
    public void only(String key, Object... accepted) {
        JsonNode node = get(key);
        if (node.isNull() || node.isMissingNode()) {
            return;
        }
        for (Object value : accepted) {
            boolean equal = value instanceof Number number
                    ? node.isNumber() && node.doubleValue() == number.doubleValue()
                    : JSON.valueToTree(value).equals(node);
            if (equal) {
                return;
            }
        }
        throw unsupported(key, accepted.length == 0 ? "null" : Arrays.toString(accepted));
    }

    /** The failure of an option whose value we do not have. */
    public PlumblineException unsupported(String key, String available) {
        return PlumblineException.of(StandardError.UNSUPPORTED)
                .asked("option " + key + " = " + get(key) + " of '" + path + "'")
                .available(available)
                .build();
    }

    /** The failure of an option whose value makes no sense. */
    public PlumblineException bad(String key, String wanted) {
        return PlumblineException.of(StandardError.MALFORMED_FILE)
                .asked("option " + key + " of '" + path + "' should be " + wanted + " but is "
                        + (get(key).isMissingNode() ? "not there" : get(key)))
                .build();
    }

    /** Declares options that make no difference here. */
    public void ignore(String... keys) {
        read.addAll(Arrays.asList(keys));
    }

    /** Logs the options that nobody asked for, other than those that start with an underscore. */
    public void reportUnread() {
        List<String> unread = keys().stream()
                .filter(key -> !read.contains(key) && !key.startsWith("_"))
                .toList();
        if (!unread.isEmpty()) {
            LOG.warn("{}: options {} are not known and have no effect", path, unread);
        }
    }

    /** All options that are not null, as JDK types: text, number, boolean, list, map. */
    public Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        for (String key : keys()) {
            if (has(key)) {
                map.put(key, JSON.convertValue(root.get(key), Object.class));
            }
        }
        return Collections.unmodifiableMap(map);
    }

    private JsonNode get(String key) {
        read.add(key);
        @Nullable JsonNode node = root.get(key);
        return node == null ? MissingNode.getInstance() : node;
    }

    private void require(String key) {
        if (!has(key)) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("'" + path + "' has no option " + key)
                    .available(String.join(", ", keys()))
                    .build();
        }
    }

    private <V> V value(
            String key, String wanted, Predicate<JsonNode> fits, Function<JsonNode, V> convert, V whenAbsent) {
        if (!has(key)) {
            return whenAbsent;
        }
        if (!fits.test(get(key))) {
            throw bad(key, wanted);
        }
        return convert.apply(get(key));
    }

    private <V> List<V> list(
            String key, String wanted, Predicate<JsonNode> fits, Function<JsonNode, V> convert, List<V> whenAbsent) {
        if (!has(key)) {
            return whenAbsent;
        }
        JsonNode node = get(key);
        List<V> values = new ArrayList<>();
        for (JsonNode element : node) {
            if (!fits.test(element)) {
                throw bad(key, wanted);
            }
            values.add(convert.apply(element));
        }
        if (!node.isArray()) {
            throw bad(key, wanted);
        }
        return values;
    }
}
