package org.plumbline.it.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The memory that replaying steps saves, on the shipped model and in fresh processes. */
@Tag("long")
@EnabledOnOs(OS.LINUX)
class ReplayMemoryTest {
    @Test
    void replaying_the_steps_needs_less_than_a_fifth_of_the_memory_of_the_stored_graph(@TempDir Path output)
            throws Exception {
        Path home = Path.of(System.getProperty("plumbline.home", "../distribution/app/target/plumbline"));
        Launch launch = new Launch(home.toAbsolutePath().normalize(), output, "cpu");
        launch.writeCase();
        Reading replay = launch.measure(Method.FULL_REPLAY, 0);
        Reading stored = launch.measure(Method.FULL_STORED, 0);

        assertEquals(2L * Experiment.STEPS, replay.nfeForward());
        assertEquals(Experiment.STEPS, replay.nfeBackward());
        assertEquals(0, replay.difference(), "another process computes the same numbers");
        assertTrue(stored.difference() < 1e-4, "both are the same gradient, up to rounding: " + stored);
        assertTrue(stored.memory() > 0 && replay.memory() < 0.2 * stored.memory(), replay + " and " + stored);
    }
}
