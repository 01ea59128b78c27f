package org.plumbline.plugins.model.diffusers.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * The files of a CLIP tokenizer, and the one description that the tokenizer library reads, made from them: model folders
 * usually hold the parts only.
 *
 * @param vocabulary ids by token
 * @param merges pairs of tokens that become one, the most frequent first
 * @param start token before a text
 * @param end token behind a text
 * @param padding token that fills up
 * @param longest sequence, as far as the tokenizer knows
 */
record ClipTokenizerFiles(
        Map<String, Integer> vocabulary, List<String> merges, String start, String end, String padding, int longest) {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /** Words, single digits, runs of other signs, and the short forms of English that were split in training. */
    private static final String WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

    ClipTokenizerFiles {
        vocabulary = Map.copyOf(vocabulary);
        merges = List.copyOf(merges);
    }

    static ClipTokenizerFiles read(Path folder) {
        ConfigFile config = ConfigFile.read(folder.resolve("tokenizer_config.json"));
        Map<String, Integer> vocabulary = readVocabulary(folder.resolve("vocab.json"));
        String end = config.tokenText("eos_token", "<|endoftext|>");
        ClipTokenizerFiles files = new ClipTokenizerFiles(
                vocabulary,
                readMerges(folder.resolve("merges.txt")),
                config.tokenText("bos_token", "<|startoftext|>"),
                end,
                config.tokenText("pad_token", end),
                // Absent, or a number that means "no limit": then the text network decides.
                (int) Math.min(config.number("model_max_length", Integer.MAX_VALUE), Integer.MAX_VALUE));
        for (String token : List.of(files.start, files.end, files.padding)) {
            if (!vocabulary.containsKey(token)) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked("the vocabulary in '" + folder + "' lacks the special token " + token)
                        .build();
            }
        }
        if (files.longest < 2) {
            throw config.bad("model_max_length", "at least 2");
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

    private static Map<String, Integer> readVocabulary(Path path) {
        ConfigFile file = ConfigFile.read(path);
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        for (String token : file.keys()) {
            vocabulary.put(token, file.integer(token));
        }
        return vocabulary;
    }

    private static List<String> readMerges(Path path) {
        if (!Files.isRegularFile(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("there is no file '" + path + "'")
                    .build();
        }
        try {
            List<String> merges = new ArrayList<>();
            for (String line : Files.readAllLines(path)) {
                if (!line.startsWith("#version") && !line.isBlank()) {
                    merges.add(line);
                }
            }
            return merges;
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("'" + path + "' cannot be read as text: " + e)
                    .cause(e)
                    .build();
        }
    }

    /** The description in the format of the library's {@code tokenizer.json}. */
    String tokenizerJson() {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0");
        ArrayNode added = root.putArray("added_tokens");
        List.of(start, end)
                .forEach(token -> added.addObject()
                        .put("id", id(token))
                        .put("content", token)
                        .put("single_word", false)
                        .put("lstrip", false)
                        .put("rstrip", false)
                        // Looked for in the text as it was typed, before it is lower-cased.
                        .put("normalized", false)
                        .put("special", true));

        ObjectNode normalizer = root.putObject("normalizer").put("type", "Sequence");
        ArrayNode normalizers = normalizer.putArray("normalizers");
        normalizers.addObject().put("type", "NFC");
        normalizers
                .addObject()
                .put("type", "Replace")
                .put("content", " ")
                .putObject("pattern")
                .put("Regex", "\\s+");
        normalizers.addObject().put("type", "Lowercase");

        ObjectNode preTokenizer = root.putObject("pre_tokenizer").put("type", "Sequence");
        ArrayNode preTokenizers = preTokenizer.putArray("pretokenizers");
        preTokenizers
                .addObject()
                .put("type", "Split")
                .put("behavior", "Removed")
                .put("invert", true)
                .putObject("pattern")
                .put("Regex", WORDS);
        preTokenizers
                .addObject()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);

        ObjectNode around = root.putObject("post_processor").put("type", "RobertaProcessing");
        around.putArray("sep").add(end).add(id(end));
        around.putArray("cls").add(start).add(id(start));
        around.put("trim_offsets", false).put("add_prefix_space", false);
        root.putObject("decoder")
                .put("type", "ByteLevel")
                .put("add_prefix_space", true)
                .put("trim_offsets", true)
                .put("use_regex", true);

        ObjectNode model = root.putObject("model").put("type", "BPE");
        model.put("unk_token", end)
                .put("continuing_subword_prefix", "")
                .put("end_of_word_suffix", "</w>")
                .put("fuse_unk", false)
                .put("byte_fallback", false);
        ObjectNode tokens = model.putObject("vocab");
        vocabulary.forEach(tokens::put);
        ArrayNode pairs = model.putArray("merges");
        merges.forEach(pairs::add);
        return root.toString();
    }
}
