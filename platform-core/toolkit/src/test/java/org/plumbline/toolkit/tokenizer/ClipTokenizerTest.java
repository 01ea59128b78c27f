package org.plumbline.toolkit.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** The order of merges, word by word; tokens of whole texts are held against transformers where a text network is. */
class ClipTokenizerTest {
    private static final String[] TOKENS = {
        "a", "b", "c", "a</w>", "b</w>", "c</w>", "ab", "bc</w>", "abc</w>", "ab</w>", "Ã", "©</w>", "1</w>", "<start>",
        "<end>"
    };
    private static final int START = 13;
    private static final int END = 14;

    @TempDir
    private Path folder;

    @BeforeEach
    void writeFiles() throws IOException {
        StringBuilder vocabulary = new StringBuilder();
        for (int id = 0; id < TOKENS.length; id++) {
            vocabulary
                    .append(id == 0 ? "{" : ",")
                    .append('"')
                    .append(TOKENS[id])
                    .append("\":")
                    .append(id);
        }
        Files.writeString(folder.resolve("vocab.json"), vocabulary + "}");
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\nb c</w>\na b\na b</w>\na bc</w>\n");
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"bos_token\": {\"content\": \"<start>\", \"x\": [1]}, \"eos_token\": \"<end>\", \"y\": {\"z\": {}}}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''       | ''",
                "abc      | 8",
                "'AB  c'  | 9 5",
                "abab     | 6 9",
                "é        | 10 11",
                "11       | 12 12",
                "a<end>a  | 3 14 3",
                "ax       | 0 14",
            })
    void textsBecomeTheseTokens(String text, String expected) {
        ClipTokenizer tokenizer = ClipTokenizer.read(folder, 6);
        long[] ids = {START, END, END, END, END, END};
        String[] inner = expected.isEmpty() ? new String[0] : expected.split(" ", -1);
        for (int i = 0; i < inner.length; i++) {
            ids[i + 1] = Long.parseLong(inner[i]);
        }
        assertArrayEquals(ids, tokenizer.tokenize(text));
    }

    @Test
    void aLongTextKeepsItsEndToken() {
        ClipTokenizer tokenizer = ClipTokenizer.read(folder, 4);
        assertArrayEquals(new long[] {START, 3, 4, END}, tokenizer.tokenize("a b c a b c"));
        assertEquals(4, tokenizer.length());
        assertEquals(END, tokenizer.largestId());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vocab.json            | {\"a\": 0}                       | lacks the special token <start>",
                "vocab.json            | {\"a\": \"x\"}                   | whole number",
                "vocab.json            | [1]                              | is not a JSON object",
                "tokenizer_config.json | {                                | is not JSON",
                "tokenizer_config.json | {\"model_max_length\": 1}        | at least 2",
            })
    void filesThatAreWrongAreRefused(String file, String content, String why) throws IOException {
        Files.writeString(folder.resolve(file), content);
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> ClipTokenizer.read(folder, 6));
        assertEquals(StandardError.MALFORMED_FILE, refusal.code());
        assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        Files.delete(folder.resolve("merges.txt"));
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> ClipTokenizer.read(folder, 6));
        assertEquals(StandardError.MISSING_FILE, refusal.code());
        assertTrue(refusal.getMessage().contains("merges.txt"), refusal.getMessage());
    }
}
