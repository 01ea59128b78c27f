package org.plumbline.kernel.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class StudyFileTest {
    private static final String STUDY = """
            name: small
            model: {id: diffusers, folder: models/digits}
            backend: {id: reference}
            sampler: {id: ddim}
            reward: {id: stroke-weight}
            budget: {updates: 1}
            estimators: [{id: rlr}]
            """;

    @TempDir
    private Path folder;

    private StudyFile read(String more) throws IOException {
        Path file = folder.resolve("study.yaml");
        Files.writeString(file, STUDY + more);
        return StudyFile.read(file);
    }

    @Test
    void prompts_of_a_file_beside_the_study_follow_those_in_it() throws Exception {
        Files.writeString(folder.resolve("animals.txt"), "# of a farm\n a cow\n\na horse é\n");
        assertEquals(
                List.of("a cat", "a cow", "a horse é"),
                read("prompts: [a cat]\nprompts-file: animals.txt\n").settings().prompts());
        assertEquals(
                List.of("a cow", "a horse é"),
                read("prompts-file: animals.txt\n").settings().prompts());
    }

    @Test
    void a_file_without_prompts_is_refused_by_name() throws Exception {
        PlumblineException missing = assertThrows(PlumblineException.class, () -> read("prompts-file: nowhere.txt\n"));
        assertEquals(StandardError.MISSING_FILE, missing.code());
        Files.writeString(folder.resolve("none.txt"), "# none\n\n");
        PlumblineException empty = assertThrows(PlumblineException.class, () -> read("prompts-file: none.txt\n"));
        assertEquals(StandardError.MALFORMED_FILE, empty.code());
        assertTrue(empty.getMessage().contains("none.txt"), empty.getMessage());
        Files.write(folder.resolve("picture.txt"), new byte[] {(byte) 0x89, 'P', 'N', 'G', (byte) 0xff});
        PlumblineException binary = assertThrows(PlumblineException.class, () -> read("prompts-file: picture.txt\n"));
        assertEquals(StandardError.MALFORMED_FILE, binary.code());
    }

    @Test
    void guidance_is_read_with_its_rescaling_and_negative_prompt() throws Exception {
        StudySettings settings = read("guidance: 7.5\nguidance-rescale: 0.7\nnegative-prompt: blurred\n")
                .settings();
        assertEquals(7.5, settings.guided().weight());
        assertEquals(0.7, settings.guided().rescale());
        assertEquals("blurred", settings.guided().negativePrompt());
        assertEquals("", read("").settings().guided().negativePrompt());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{kind: full, rank: 4}",
                "{kind: full, alpha: 4}",
                "{kind: full, form: kohya}",
                "{kind: conditioning, modules: [to_q]}"
            })
    void settings_of_a_target_of_another_kind_are_refused(String target) throws Exception {
        StudySettings settings = read("target: " + target + "\n").settings();
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> settings.target().toTarget());
        assertEquals(StandardError.INCOMPATIBLE, refusal.code());
        assertTrue(refusal.getMessage().contains("where it has no effect"), refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"guidance-rescale: 0.7", "negative-prompt: blurred"})
    void what_acts_through_guidance_is_refused_without_it(String setting) throws Exception {
        String asked = "prompts: [a cat]\n" + setting + "\n";
        StudySettings off = read(asked).settings();
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> StudyPlan.requireSettings(off));
        assertEquals(StandardError.INCOMPATIBLE, refusal.code());
        assertTrue(refusal.getMessage().contains(setting.split(":", -1)[0] + " with guidance: 1"));
        StudyPlan.requireSettings(read(asked + "guidance: 2\n").settings());
    }
}
