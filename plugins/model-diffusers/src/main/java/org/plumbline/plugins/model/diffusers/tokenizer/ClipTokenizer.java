package org.plumbline.plugins.model.diffusers.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.Tokenizer;

/**
 * The tokenizer of CLIP: byte-level pairs of lower-cased words, a start and an end token around them, then padding to a
 * fixed length. A longer text loses its last words and keeps its end token. Thread-safe; the maker closes it.
 */
public final class ClipTokenizer implements Tokenizer, AutoCloseable {
    private final HuggingFaceTokenizer library;
    private final int length;
    private final long end;
    private final long padding;
    private final int largestId;

    private ClipTokenizer(HuggingFaceTokenizer library, int length, long end, long padding, int largestId) {
        this.library = library;
        this.length = length;
        this.end = end;
        this.padding = padding;
        this.largestId = largestId;
    }

    /**
     * Reads {@code vocab.json}, {@code merges.txt} and {@code tokenizer_config.json}.
     *
     * @param longest the longest sequence that the text network takes
     * @throws PlumblineException {@link StandardError#MISSING_FILE} or {@link StandardError#MALFORMED_FILE}
     */
    public static ClipTokenizer read(Path folder, int longest) {
        ClipTokenizerFiles files = ClipTokenizerFiles.read(folder);
        return new ClipTokenizer(
                open(files.tokenizerJson(), folder),
                Math.min(longest, files.longest()),
                files.id(files.end()),
                files.id(files.padding()),
                Collections.max(files.vocabulary().values()));
    }

    private static HuggingFaceTokenizer open(String json, Path folder) {
        // The library finds its native part through this loader, which in a framework is not the bundle's.
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(HuggingFaceTokenizer.class.getClassLoader());
        try (InputStream in = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8))) {
            // Its own cutting and padding stay off: they would need lengths that the library guesses from file names.
            return HuggingFaceTokenizer.newInstance(
                    in, Map.of("padding", "DO_NOT_PAD", "truncation", "DO_NOT_TRUNCATE", "addSpecialTokens", "true"));
        } catch (IOException | IllegalArgumentException e) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("the tokenizer in '" + folder + "' cannot be used: " + e.getMessage())
                    .cause(e)
                    .build();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** The fixed number of ids. */
    public int length() {
        return length;
    }

    /** The largest id of the vocabulary. */
    public int largestId() {
        return largestId;
    }

    @Override
    public long[] tokenize(String prompt) {
        long[] ids = library.encode(prompt).getIds();
        long[] fixed = Arrays.copyOf(ids, length);
        if (ids.length > length) {
            fixed[length - 1] = end;
        } else {
            Arrays.fill(fixed, ids.length, length, padding);
        }
        return fixed;
    }

    @Override
    public void close() {
        library.close();
    }
}
