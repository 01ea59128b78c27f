package org.plumbline.kernel.report;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    @Test
    void look() throws Exception {
        Path target = Path.of("target/look");
        if (java.nio.file.Files.exists(target)) {
            try (var files = java.nio.file.Files.walk(target)) {
                files.sorted(java.util.Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
        Report.write(new SyntheticRun(SyntheticRun.FIVE, List.of(1L, 2L, 3L), 30).finished(target.resolve("finished")));
        Report.write(new SyntheticRun(SyntheticRun.FIVE, List.of(1L, 2L, 3L), 30).goingOn(target.resolve("going")));
    }
}
