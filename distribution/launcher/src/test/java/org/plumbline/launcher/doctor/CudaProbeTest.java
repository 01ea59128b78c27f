package org.plumbline.launcher.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaProbeTest {
    private static final String MODULE = """
            NVRM version: NVIDIA UNIX x86_64 Kernel Module  %s  Tue Jan  7 00:00:00 UTC 2025
            GCC version:  gcc version 12.2.0
            """;
    private static final String OPEN_MODULE =
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  %s  Release Build\n";

    @TempDir
    private Path root;

    private CudaProbe.Driver look(String... tool) {
        return new CudaProbe(root, List.of(tool)).look();
    }

    private void module(String text) throws IOException {
        Path file = root.resolve("proc/driver/nvidia/version");
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void library() throws IOException {
        Path file = root.resolve("usr/lib/x86_64-linux-gnu/libcuda.so.1");
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[1]);
    }

    @Test
    void noTraceOfADriverIsSaidInOneSentence() {
        CudaProbe.Driver driver = look("no-such-tool-anywhere");
        assertFalse(driver.usable());
        assertTrue(driver.problem().startsWith("there is no NVIDIA driver"), driver.problem());
        assertEquals(Finding.State.NOTE, driver.finding().state());
    }

    @Test
    void driverWithLibraryAndCardIsUsable() throws IOException {
        for (String module : List.of(MODULE, OPEN_MODULE)) {
            module(module.formatted("570.86.15"));
            library();
            CudaProbe.Driver driver = look("echo", "NVIDIA H200, 570.86.15, 143771 MiB");
            assertTrue(driver.usable(), driver.problem());
            assertEquals("570.86.15", driver.version());
            assertTrue(
                    driver.finding().found().contains("H200"), driver.finding().found());
        }
    }

    @Test
    void theToolTellsTheVersionWhereTheModuleIsHidden() throws IOException {
        library();
        assertEquals("575.1", look("echo", "A card, 575.1, 1 MiB").version());
    }

    @Test
    void driverWithoutItsLibraryIsAContainerWithoutTheGpu() throws IOException {
        module(MODULE.formatted("570.86.15"));
        CudaProbe.Driver driver = look("echo", "card, 570.86.15, 1 MiB");
        assertTrue(driver.problem().contains("not its library libcuda.so.1"), driver.problem());
        assertTrue(driver.problem().contains("container"), driver.problem());
    }

    @Test
    void driverWithoutACardIsNotUsable() throws IOException {
        module(MODULE.formatted("570.86.15"));
        library();
        assertTrue(look("false").problem().contains("lists no card"));
    }

    @Test
    void oldDriverIsTooOldForTheLibtorchThatFits() throws IOException {
        module(MODULE.formatted("535.161.08"));
        library();
        CudaProbe.Driver driver = look("echo", "card, 535.161.08, 1 MiB");
        assertFalse(driver.usable());
        assertTrue(driver.problem().contains("535.161.08 is too old"), driver.problem());
    }
}
