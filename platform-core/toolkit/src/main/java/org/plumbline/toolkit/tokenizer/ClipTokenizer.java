package org.plumbline.toolkit.tokenizer;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.Tokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokenizer of CLIP: byte-level pairs of lower-cased words, a start and an end token around them, then padding to a
 * fixed length. A longer text loses its last words, which is logged, and keeps its end token. Thread-safe.
 */
public final class ClipTokenizer implements Tokenizer {
    /** Short forms of English, words, single digits, runs of other signs. */
    private static final Pattern WORDS = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+", Pattern.UNICODE_CHARACTER_CLASS);

    private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    /** Marks the last piece of a word. */
    private static final String END_OF_WORD = "</w>";

    private static final String[] BYTES = letters();

    private static final Logger LOG = LoggerFactory.getLogger(ClipTokenizer.class);

    private final Map<String, Integer> vocabulary;
    private final Map<String, Integer> merges;
    private final Pattern special;
    private final long start;
    private final long end;
    private final long padding;
    private final int length;

    /** Texts that were said to be too long: once is enough. */
    private final Set<String> tooLong = ConcurrentHashMap.newKeySet();

    private ClipTokenizer(ClipTokenizerFiles files, int longest) {
        vocabulary = files.vocabulary();
        merges = files.ranks();
        special = Pattern.compile(Pattern.quote(files.start()) + "|" + Pattern.quote(files.end()));
        start = files.id(files.start());
        end = files.id(files.end());
        padding = files.id(files.padding());
        length = Math.min(longest, files.longest());
    }

    /**
     * Reads {@code vocab.json}, {@code merges.txt} and {@code tokenizer_config.json}.
     *
     * @param longest the longest sequence that the text network takes
     * @throws PlumblineException {@link StandardError#MISSING_FILE} or {@link StandardError#MALFORMED_FILE}
     */
    public static ClipTokenizer read(Path folder, int longest) {
        return new ClipTokenizer(ClipTokenizerFiles.read(folder), longest);
    }

    /** The fixed number of ids. */
    public int length() {
        return length;
    }

    /** The largest id of the vocabulary. */
    public int largestId() {
        return Collections.max(vocabulary.values());
    }

    /** The id of the end token. */
    public long end() {
        return end;
    }

    @Override
    public long[] tokenize(String prompt) {
        List<Long> ids = new ArrayList<>();
        ids.add(start);
        // Special tokens are looked for in the text as it was typed, before it is lower-cased.
        Matcher typed = special.matcher(prompt);
        int from = 0;
        while (typed.find()) {
            words(prompt.substring(from, typed.start()), ids);
            ids.add((long) vocabulary.getOrDefault(typed.group(), 0));
            from = typed.end();
        }
        words(prompt.substring(from), ids);
        ids.add(end);

        long[] all = ids.stream().mapToLong(Long::longValue).toArray();
        long[] fixed = Arrays.copyOf(all, length);
        if (all.length > length) {
            warn(prompt, all.length - 2);
            fixed[length - 1] = end;
        } else {
            Arrays.fill(fixed, all.length, length, padding);
        }
        return fixed;
    }

    private void warn(String prompt, int tokens) {
        if (tooLong.add(prompt)) {
            LOG.warn(
                    "the prompt '{}' has {} tokens; the model reads the first {}, and what follows has no effect",
                    prompt,
                    tokens,
                    length - 2);
        }
    }

    private void words(String text, List<Long> ids) {
        String normal = SPACE.matcher(Normalizer.normalize(text, Normalizer.Form.NFC))
                .replaceAll(" ")
                .toLowerCase(Locale.ROOT);
        Matcher words = WORDS.matcher(normal);
        while (words.find()) {
            for (String piece : pieces(words.group())) {
                ids.add((long) vocabulary.getOrDefault(piece, (int) end));
            }
        }
    }

    /** Joins neighbours, the most frequent pair first, until no pair is known. */
    private List<String> pieces(String word) {
        List<String> pieces = new ArrayList<>();
        for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
            pieces.add(BYTES[b & 0xff]);
        }
        int last = pieces.size() - 1;
        pieces.set(last, pieces.get(last) + END_OF_WORD);
        while (pieces.size() > 1) {
            int best = -1;
            int rank = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < pieces.size(); i++) {
                int found = merges.getOrDefault(pieces.get(i) + " " + pieces.get(i + 1), Integer.MAX_VALUE);
                if (found < rank) {
                    rank = found;
                    best = i;
                }
            }
            if (best < 0) {
                break;
            }
            pieces.set(best, pieces.get(best) + pieces.remove(best + 1));
        }
        return pieces;
    }

    /** A printable letter for every byte: itself where it is printable, else one from beyond Latin-1. */
    private static String[] letters() {
        String[] letters = new String[256];
        int next = 256;
        for (int b = 0; b < letters.length; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b != 0xad);
            letters[b] = Character.toString(printable ? b : next++);
        }
        return letters;
    }
}
