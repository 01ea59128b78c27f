package org.plumbline.kernel.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.plumbline.kernel.plugin.Places;
import org.plumbline.kernel.sample.PromptFile;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.settings.SettingsBinder;

/**
 * A study file that was read.
 *
 * @param path where it is
 * @param text as written
 * @param settings what it says
 */
public record StudyFile(Path path, String text, StudySettings settings) {
    /**
     * Reads a study file (YAML).
     *
     * @throws PlumblineException {@link StandardError#MISSING_FILE}, {@link StandardError#MALFORMED_FILE} with the line,
     *     or what is wrong with a setting
     */
    public static StudyFile read(Path path) {
        if (!Files.isRegularFile(path)) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("study file '" + path + "' does not exist")
                    .remedy("name an existing file; without one, the shipped first study runs")
                    .build();
        }
        String text;
        try {
            text = Files.readString(path, StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("study file '" + path + "' cannot be read: " + failure)
                    .cause(failure)
                    .build();
        }
        YAMLMapper yaml = new YAMLMapper(YAMLFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build());
        try {
            Map<String, Object> settings = yaml.readValue(text, new TypeReference<>() {});
            if (settings == null) {
                throw PlumblineException.of(StandardError.MALFORMED_FILE)
                        .asked("study file '" + path + "' is empty")
                        .build();
            }
            addPrompts(settings, path);
            return new StudyFile(
                    path, text, SettingsBinder.of(StudySettings.class).bind(settings, "study file '" + path + "'"));
        } catch (JsonProcessingException malformed) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("study file '" + path + "' is no valid YAML: " + malformed.getOriginalMessage()
                            + (malformed.getLocation() == null
                                    ? ""
                                    : " (line " + malformed.getLocation().getLineNr() + ")"))
                    .cause(malformed)
                    .build();
        }
    }

    /** Puts the lines of the file of prompts behind the prompts that are written out. */
    private static void addPrompts(Map<String, Object> settings, Path study) {
        if (settings.get("prompts-file") instanceof String file) {
            Path beside = study.toAbsolutePath().resolveSibling("");
            List<Object> prompts = new ArrayList<>();
            if (settings.get("prompts") instanceof List<?> written) {
                prompts.addAll(written);
            }
            prompts.addAll(PromptFile.read(new Places(List.of(beside, Path.of(""))).resolve(file)));
            settings.put("prompts", prompts);
        }
    }

    /** The same study without measuring gradients. */
    public StudyFile withoutGradients() {
        return new StudyFile(path, text, settings.withoutGradients());
    }

    /** The same study with another number of replicas of every gradient. */
    public StudyFile withReplicas(int replicas) {
        return new StudyFile(path, text, settings.with(settings.gradients().withReplicas(replicas)));
    }

    /**
     * The same study with gradients measured only at some of its points.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if it has no point of such a name
     */
    public StudyFile withPoints(List<String> names) {
        return new StudyFile(
                path, text, settings.with(settings.gradients().withPoints(GradientPoint.named(settings, names))));
    }

    /** The folder beside which the study's file names are looked up first. */
    public Path base() {
        Path parent = path.toAbsolutePath().getParent();
        return parent == null ? path.toAbsolutePath() : parent;
    }
}
