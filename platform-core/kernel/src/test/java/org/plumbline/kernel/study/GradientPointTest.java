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
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.spi.error.PlumblineException;

class GradientPointTest {
    @TempDir
    Path folder;

    private StudyFile study(String gradients) throws IOException {
        return StudyFile.read(Files.writeString(folder.resolve("study.yaml"), """
                name: here
                model: {id: m, folder: .}
                backend: {id: b}
                sampler: {id: s}
                target: {}
                reward: {id: r}
                prompts: [""]
                budget: {updates: 1}
                optimiser: {}
                evaluation: {}
                gradients: GRADIENTS
                estimators: [{id: one}, {id: two, label: other}]
                """.replace("GRADIENTS", gradients)));
    }

    private static List<String> titles(StudyFile study) {
        return GradientPoint.of(study.settings()).stream()
                .map(point -> GradientPoint.title(study.settings(), point))
                .toList();
    }

    @Test
    void pointsAreCalledByHowTheyCameAbout() throws IOException {
        assertEquals(List.of("here: base model"), titles(study("{}")));
        assertEquals(List.of("here: base model, moved by 0.2"), titles(study("{displacement: 0.2}")));
        assertEquals(
                List.of(
                        "here: base model",
                        "here: after 1 update of one",
                        "here: after 20 updates of other, moved by 0.5",
                        "here: weights runs/x",
                        "here: mine"),
                titles(study("{points: [{}, {after: 1}, {after: 20, estimator: other, displacement: 0.5},"
                        + " {weights: runs/x}, {name: mine, after: 3}]}")));
    }

    @Test
    void someOfThemCanBeChosen() throws IOException {
        StudyFile study = study("{points: [{}, {name: mine, after: 3}]}");
        assertEquals(List.of("here: mine"), titles(study.withPoints(List.of("mine"))));
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> study.withPoints(List.of("another")));
        assertTrue(refusal.getMessage().contains("'base model', 'mine'"), refusal.getMessage());
        assertEquals(17, study.withReplicas(17).settings().gradients().replicas());
        assertEquals(2, study.withReplicas(17).settings().gradients().points().size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {points: [{after: 2, weights: x}]}              | after
            {points: [{after: 2, estimator: three}]}        | one, other
            {points: [{}, {}]}                              | name
            {points: [{after: 2}], displacement: 1}         | displacement
            """)
    void contradictionsAreRefused(String gradients, String hint) throws IOException {
        StudyFile study = study(gradients);
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> GradientPoint.of(study.settings()));
        assertTrue(refusal.getMessage().contains(hint), refusal.getMessage());
    }
}
