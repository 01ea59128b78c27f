package org.plumbline.kernel.sample;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** A text file (UTF-8) with one prompt per line. Empty lines and lines that start with # are left out. */
public final class PromptFile {
    private PromptFile() {}

    /**
     * Reads the prompts in order, without spaces around them.
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE} if it cannot be read, {@link
     *     StandardError#MALFORMED_FILE} if it holds no prompt or is no text
     */
    public static List<String> read(Path path) {
        if (!Files.exists(path) || Files.isDirectory(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("prompts from '" + path + "', which is "
                            + (Files.isDirectory(path) ? "a folder" : "not there"))
                    .remedy("name a text file with one prompt per line")
                    .build();
        }
        List<String> prompts;
        try {
            prompts = Files.readAllLines(path, StandardCharsets.UTF_8).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
        } catch (CharacterCodingException binary) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("prompts from '" + path + "', which is no text in UTF-8")
                    .remedy("name a text file with one prompt per line")
                    .cause(binary)
                    .build();
        } catch (IOException failure) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("prompts from '" + path + "', which cannot be read: " + failure)
                    .remedy("name a text file with one prompt per line")
                    .cause(failure)
                    .build();
        }
        if (prompts.isEmpty()) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("prompts from '" + path + "', which holds none")
                    .remedy("write one prompt per line; empty lines and lines that start with # do not count")
                    .build();
        }
        return prompts;
    }
}
