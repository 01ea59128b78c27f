package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LibtorchTest {
    @TempDir
    Path folder;

    @Test
    void a_folder_of_the_right_version_has_no_defect() throws IOException {
        library("torch_cpu");
        assertEquals(Optional.empty(), new Libtorch(folder, "2.7.1").defect());
        Files.writeString(folder.resolve("build-version"), "2.7.1+cu128\n");
        assertEquals(Optional.empty(), new Libtorch(folder, "2.7.1").defect());
        assertEquals(Optional.empty(), new Libtorch(null, "2.7.1").defect());
    }

    @Test
    void a_release_of_another_version_is_named_with_the_one_that_is_needed() throws IOException {
        Files.writeString(folder.resolve("build-version"), "2.7.10+cu128\n");
        folder = Files.createDirectory(folder.resolve("lib"));
        library("torch_cpu");
        String defect = new Libtorch(folder, "2.7.1").defect().orElseThrow();
        assertTrue(defect.contains("2.7.10+cu128") && defect.contains("for 2.7.1;"), defect);
    }

    @Test
    void a_folder_without_libtorch_is_named_with_what_it_misses() {
        String defect = new Libtorch(folder, "2.7.1").defect().orElseThrow();
        assertTrue(defect.contains(folder.toString()) && defect.contains("torch_cpu"), defect);
    }

    @Test
    void why_a_cuda_device_cannot_be_used_is_said_by_name() throws IOException {
        Libtorch libtorch = new Libtorch(folder, "2.7.1");
        assertTrue(libtorch.cudaFailure(0, 0, "x", () -> true).contains("for the CPU alone"));
        library("torch_cuda");
        assertTrue(libtorch.cudaFailure(0, 0, "x", () -> false).contains("no CUDA driver"));
        assertTrue(libtorch.cudaFailure(0, 0, "CUDA driver is old", () -> true).contains("CUDA driver is old"));
        assertTrue(libtorch.cudaFailure(2, 2, "invalid ordinal", () -> true).contains("2 CUDA devices"));
        assertEquals("busy", libtorch.cudaFailure(2, 1, "busy", () -> true));
    }

    @ParameterizedTest
    @CsvSource({
        "libdjl_torch.so: undefined symbol: _ZN2at3addE, another version of libtorch",
        "libcuda.so.1: cannot open shared object file, no CUDA driver",
        "libcudnn.so.9: cannot open shared object file, is not there",
        "/lib/libc.so.6: version `GLIBC_2.38' not found, newer system",
        "Offline mode is enabled., were not found",
    })
    void what_the_loader_complains_of_is_translated_to_a_cause(String complaint, String cause) {
        String reason = Libtorch.loadFailure(complaint);
        assertTrue(reason.contains(cause), reason);
    }

    private void library(String name) throws IOException {
        Files.createFile(folder.resolve(System.mapLibraryName(name)));
    }
}
