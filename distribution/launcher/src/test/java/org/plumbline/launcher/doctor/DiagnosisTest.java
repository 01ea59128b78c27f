package org.plumbline.launcher.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.plumbline.launcher.doctor.Finding.Area;
import org.plumbline.launcher.doctor.Finding.State;

class DiagnosisTest {
    private static final Finding FINE = Finding.ok(Area.MACHINE, "java", "17");
    private static final Finding NO_PLUGIN = Finding.broken(Area.PLUGINS, "mine", "cannot be used", 3);
    private static final Finding NO_DISK = Finding.broken(Area.MACHINE, "disk", "full", 5);
    private static final Finding BAD_STUDY = Finding.broken(Area.STUDY, "backend", "no such device", 2);

    @Test
    void theStudyThatWasAskedAboutDecidesTheExitCode() {
        assertEquals(0, new Diagnosis(List.of(FINE, Finding.warning(Area.MACHINE, "memory", "little"))).exitCode());
        assertEquals(3, new Diagnosis(List.of(FINE, NO_PLUGIN)).exitCode());
        assertEquals(5, new Diagnosis(List.of(NO_PLUGIN, NO_DISK)).exitCode());
        assertEquals(2, new Diagnosis(List.of(NO_PLUGIN, NO_DISK, BAD_STUDY)).exitCode());
    }

    @Test
    void onlyWhatIsBrokenHasAnExitCode() {
        assertThrows(IllegalArgumentException.class, () -> new Finding(Area.STUDY, "x", State.OK, "y", 2));
        assertThrows(IllegalArgumentException.class, () -> new Finding(Area.STUDY, "x", State.BROKEN, "y", 0));
    }

    @Test
    void longSentencesAreWrappedAndTheLastLineCounts() {
        StringWriter text = new StringWriter();
        Finding wordy = Finding.warning(
                Area.MACHINE, "memory", "so many words ".repeat(20).strip());
        new Diagnosis(List.of(BAD_STUDY, wordy)).print(new PrintWriter(text, true), 80);
        List<String> lines = text.toString().lines().toList();
        assertTrue(lines.stream().allMatch(line -> line.length() <= 80), text.toString());
        assertEquals("MACHINE", lines.get(0));
        assertEquals("1 broken, 1 warning.", lines.get(lines.size() - 1));
    }

    @Test
    void jsonHoldsEveryFinding() throws Exception {
        JsonNode json = new ObjectMapper().readTree(new Diagnosis(List.of(FINE, BAD_STUDY)).toJson());
        assertEquals(2, json.get("exitCode").asInt());
        assertEquals("broken", json.get("findings").get(1).get("state").asText());
        assertEquals("no such device", json.get("findings").get(1).get("found").asText());
    }

    @Test
    void theTextOfAFailureIsItsFirstLineWithoutTheCode() {
        assertEquals("it failed; to do: this", Finding.sentence("it failed; to do: this [BAD_VALUE]\nmore"));
    }
}
