package org.plumbline.launcher.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineProbeTest {
    private static final CudaProbe.Driver NONE = new CudaProbe.Driver("", List.of(), "there is no driver");
    private static final CudaProbe.Driver CARD = new CudaProbe.Driver("570.1", List.of("a card"), "");

    @TempDir
    private Path folder;

    private Finding libtorch(Map<String, String> environment, CudaProbe.Driver driver) {
        return find("libtorch", new EngineProbe(folder, environment, driver));
    }

    private static Finding find(String what, EngineProbe probe) {
        return probe.look().stream()
                .filter(finding -> finding.what().equals(what))
                .findFirst()
                .orElseThrow();
    }

    private Map<String, String> environment() {
        return Map.of("PYTORCH_LIBRARY_PATH", folder.toString());
    }

    private void files(boolean cuda, boolean glueForCuda) throws IOException {
        for (String name : List.of("libc10.so", "libtorch.so", "libtorch_cpu.so")) {
            Files.write(folder.resolve(name), new byte[1]);
        }
        if (cuda) {
            Files.write(folder.resolve("libtorch_cuda.so"), new byte[1]);
        }
        Files.writeString(
                folder.resolve("libdjl_torch.so"), "ELF libc10.so" + (glueForCuda ? " libtorch_cuda.so" : ""));
    }

    @Test
    void libtorchForTheCpuIsFine() throws IOException {
        files(false, false);
        Files.writeString(folder.resolve("build-version"), "2.7.1+cpu\n");
        Finding found = libtorch(environment(), NONE);
        assertEquals(Finding.State.OK, found.state(), found.found());
        assertTrue(found.found().endsWith("for CPU, version 2.7.1+cpu"), found.found());
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        files(false, false);
        Files.delete(folder.resolve("libdjl_torch.so"));
        Files.delete(folder.resolve("libc10.so"));
        Finding found = libtorch(environment(), NONE);
        assertEquals(Finding.State.WARNING, found.state());
        assertTrue(found.found().contains("lacks libc10.so, libdjl_torch.so"), found.found());
    }

    @Test
    void glueForAnotherKindOfLibtorchIsSeen() throws IOException {
        files(true, false);
        Finding found = libtorch(environment(), CARD);
        assertEquals(Finding.State.WARNING, found.state());
        assertTrue(found.found().contains("for CUDA, but its libdjl_torch.so was built for CPU"), found.found());
    }

    @Test
    void libtorchForCudaNeedsItsFlavorAndADriver() throws IOException {
        files(true, true);
        assertTrue(libtorch(environment(), CARD).found().contains("to do: set PYTORCH_FLAVOR=cu128"));
        Map<String, String> flavored = Map.of("PYTORCH_LIBRARY_PATH", folder.toString(), "PYTORCH_FLAVOR", "cu128");
        assertTrue(libtorch(flavored, NONE).found().endsWith("but there is no driver"));
        assertEquals(Finding.State.OK, libtorch(flavored, CARD).state());
    }

    @Test
    void aCardThatIsLeftUnusedIsNoted() throws IOException {
        files(false, false);
        Finding found = libtorch(environment(), CARD);
        assertEquals(Finding.State.NOTE, found.state());
        assertTrue(found.found().contains("this machine has a CUDA device"), found.found());
    }

    @Test
    void twoKindsOfOnnxRuntimeExcludeEachOther() throws IOException {
        Files.write(folder.resolve("onnxruntime-1.28.0.jar"), new byte[1]);
        Files.write(folder.resolve("onnxruntime_gpu-1.28.0.jar"), new byte[1]);
        Finding found = find("ONNX Runtime", new EngineProbe(folder, Map.of(), NONE));
        assertEquals(Finding.State.WARNING, found.state());
        assertTrue(found.found().contains("onnxruntime-1.28.0.jar and onnxruntime_gpu-1.28.0.jar"), found.found());
    }

    @Test
    void onnxRuntimeTellsItsExecutionProviders() {
        Finding found = find("ONNX Runtime", new EngineProbe(folder, Map.of(), NONE));
        assertEquals(Finding.State.OK, found.state(), found.found());
        assertTrue(found.found().contains("execution providers: cpu"), found.found());
    }
}
