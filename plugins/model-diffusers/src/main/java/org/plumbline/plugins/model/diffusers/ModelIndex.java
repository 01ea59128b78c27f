package org.plumbline.plugins.model.diffusers;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * {@code model_index.json}: which parts a model has, and of which classes. An entry is [library, class]; [null, null] is a
 * part that was left out; plain values are settings.
 */
final class ModelIndex {
    private final ConfigFile file;
    private final Map<String, String> types = new LinkedHashMap<>();

    private ModelIndex(ConfigFile file) {
        this.file = file;
        for (String part : file.keys()) {
            if (!part.startsWith("_") && file.isList(part) && !file.isListOfNulls(part)) {
                List<String> entry = file.texts(part, List.of());
                if (entry.size() != 2) {
                    throw file.bad(part, "a pair of library and class");
                }
                types.put(part, entry.get(1));
            }
        }
    }

    static ModelIndex read(Path folder) {
        return new ModelIndex(ConfigFile.read(folder.resolve(ModelFolder.INDEX)));
    }

    /** The class of every part that is there, in the order of the file. */
    Map<String, String> types() {
        return types;
    }

    /** The file itself, for settings. */
    ConfigFile file() {
        return file;
    }

    boolean has(String part) {
        return types.containsKey(part);
    }

    /** The class of a part, if it is there. */
    Optional<String> find(String part) {
        return Optional.ofNullable(types.get(part));
    }

    /**
     * The class of a part.
     *
     * @throws PlumblineException {@link StandardError#UNSUPPORTED} if it is not there
     */
    String type(String part) {
        return find(part)
                .orElseThrow(() -> PlumblineException.of(StandardError.UNSUPPORTED)
                        .asked("'" + file.path() + "' lists no " + part)
                        .available(String.join(", ", file.keys()))
                        .build());
    }

    /**
     * Refuses every part whose class is not known.
     *
     * @param known classes of each part; a part that is not in it may not be there
     */
    void checkTypes(Map<String, List<String>> known) {
        types.forEach((part, type) -> {
            List<String> accepted = known.get(part);
            if (accepted == null) {
                throw file.unsupported(part, "models made of " + String.join(", ", known.keySet()));
            }
            if (!accepted.isEmpty() && !accepted.contains(type)) {
                throw file.unsupported(part, String.join(", ", accepted));
            }
        });
    }
}
