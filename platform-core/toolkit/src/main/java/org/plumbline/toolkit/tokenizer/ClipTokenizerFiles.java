package org.plumbline.toolkit.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * The files of a CLIP tokenizer.
 *
 * @param vocabulary ids by token
 * @param ranks of pairs of tokens, joined by a space, that become one; 0 is the most frequent
 * @param start token before a text
 * @param end token behind a text
 * @param padding token that fills up
 * @param longest sequence, as far as the tokenizer knows
 */
record ClipTokenizerFiles(
        Map<String, Integer> vocabulary,
        Map<String, Integer> ranks,
        String start,
        String end,
        String padding,
        int longest) {
    private static final JsonFactory JSON = new JsonFactory();

    ClipTokenizerFiles {
        vocabulary = Map.copyOf(vocabulary);
        ranks = Map.copyOf(ranks);
    }

    static ClipTokenizerFiles read(Path folder) {
        Path configPath = folder.resolve("tokenizer_config.json");
        Map<String, String> config = object(configPath);
        Map<String, Integer> vocabulary = vocabulary(folder.resolve("vocab.json"));
        String end = config.getOrDefault("eos_token", "<|endoftext|>");
        ClipTokenizerFiles files = new ClipTokenizerFiles(
                vocabulary,
                ranks(folder.resolve("merges.txt")),
                config.getOrDefault("bos_token", "<|startoftext|>"),
                end,
                config.getOrDefault("pad_token", end),
                longest(configPath, config.get("model_max_length")));
        for (String token : List.of(files.start, files.end, files.padding)) {
            if (!vocabulary.containsKey(token)) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked("the vocabulary in '" + folder + "' lacks the special token " + token)
                        .build();
            }
        }
        return files;
    }

    int id(String token) {
        Integer id = vocabulary.get(token);
        if (id == null) {
            throw new IllegalArgumentException("no token " + token);
        }
        return id;
    }

    /** Absent, or a number that means "no limit": then the text network decides. */
    private static int longest(Path path, @Nullable String written) {
        try {
            double number = written == null ? Integer.MAX_VALUE : Double.parseDouble(written);
            if (number >= 2) {
                return (int) Math.min(number, Integer.MAX_VALUE);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw PlumblineException.of(StandardError.MALFORMED_FILE)
                .asked("option model_max_length of '" + path + "' should be at least 2 but is " + written)
                .build();
    }

    private static Map<String, Integer> vocabulary(Path path) {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        object(path).forEach((token, id) -> {
            try {
                vocabulary.put(token, Integer.parseInt(id));
            } catch (NumberFormatException e) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked("token " + token + " of '" + path + "' should have a whole number but has " + id)
                        .cause(e)
                        .build();
            }
        });
        return vocabulary;
    }

    private static Map<String, Integer> ranks(Path path) {
        Map<String, Integer> ranks = new HashMap<>();
        for (String line : text(path).lines().toList()) {
            if (!line.startsWith("#version") && !line.isBlank()) {
                ranks.putIfAbsent(line, ranks.size());
            }
        }
        return ranks;
    }

    /** The numbers and texts of a JSON object; of an object inside, the text of its {@code content}. */
    private static Map<String, String> object(Path path) {
        Map<String, String> entries = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(text(path))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw malformed(path, "is not a JSON object", null);
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                JsonToken value = parser.nextToken();
                if (value == JsonToken.START_OBJECT) {
                    content(parser).ifPresent(text -> entries.put(key, text));
                } else if (value == JsonToken.START_ARRAY) {
                    parser.skipChildren();
                } else if (value != JsonToken.VALUE_NULL) {
                    entries.put(key, parser.getText());
                }
            }
            return entries;
        } catch (JsonProcessingException e) {
            throw malformed(path, "is not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw malformed(path, "cannot be read: " + e, e);
        }
    }

    private static Optional<String> content(JsonParser parser) throws IOException {
        String content = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean wanted = parser.currentName().equals("content");
            if (parser.nextToken() == JsonToken.VALUE_STRING && wanted) {
                content = parser.getText();
            }
            parser.skipChildren();
        }
        return Optional.ofNullable(content);
    }

    private static String text(Path path) {
        if (!Files.isRegularFile(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("there is no file '" + path + "'")
                    .build();
        }
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw malformed(path, "cannot be read as text: " + e, e);
        }
    }

    private static PlumblineException malformed(Path path, String why, @Nullable Throwable cause) {
        PlumblineException.Builder refusal =
                PlumblineException.of(StandardError.MALFORMED_FILE).asked("'" + path + "' " + why);
        return cause == null ? refusal.build() : refusal.cause(cause).build();
    }
}
