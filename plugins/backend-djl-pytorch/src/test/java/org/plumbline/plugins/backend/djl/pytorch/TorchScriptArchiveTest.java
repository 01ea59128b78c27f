package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class TorchScriptArchiveTest {
    private static final String TEXT = """
            class M(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              table : Tensor
              number : Tensor
              def forward(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.add(torch.mul(x, self.table), self.number)
              def grad_mode(self: __torch__.M, x: Tensor) -> Tensor:
                y = torch.mul(torch.requires_grad_(torch.detach(x)), 2.)
                if y.requires_grad:
                  z = torch.ones_like(x)
                else:
                  z = torch.zeros_like(x)
                return z
              def fail(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.matmul(x, torch.transpose(x, 0, 1))[100]
            """;

    @TempDir
    Path folder;

    private static TorchScriptArchive archive() {
        return new TorchScriptArchive(
                TEXT,
                List.of(
                        new TorchScriptArchive.Attribute(
                                "table", () -> new float[] {1, 2, 3, 4, 5, 6}, Precision.FLOAT32, 2, 3),
                        new TorchScriptArchive.Attribute("number", () -> new float[] {0.5f}, Precision.FLOAT32)));
    }

    @Test
    void the_same_program_gives_the_same_bytes_stored_without_compression() throws Exception {
        Path first = folder.resolve("first.pt");
        Path second = folder.resolve("second.pt");
        archive().write(first);
        archive().write(second);
        assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
        try (ZipFile zip = new ZipFile(first.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
                assertEquals(ZipEntry.STORED, entries.nextElement().getMethod());
            }
            assertEquals(24, zip.getEntry("m/data/0").getSize());
        }
    }

    @Test
    void libtorch_reads_the_weights_with_their_shapes() {
        try (NDManager manager = manager();
                TorchScriptModule module = TorchScriptModule.load("test", archive(), manager, 1)) {
            NDArray x = manager.create(new float[] {1, 10, 100});
            NDArray y = module.call(manager.create(0f), "forward", false, List.of(x))
                    .get(0);
            assertArrayEquals(new long[] {2, 3}, y.getShape().getShape());
            assertArrayEquals(new float[] {1.5f, 20.5f, 300.5f, 4.5f, 50.5f, 600.5f}, y.toFloatArray());
        }
    }

    @Test
    void a_call_records_gradients_only_if_it_differentiates_and_leaves_the_thread_as_it_was() {
        try (NDManager manager = manager();
                TorchScriptModule module = TorchScriptModule.load("test", archive(), manager, 1)) {
            NDArray x = manager.create(new float[] {1});
            NDArray marker = manager.create(0f);
            for (boolean before : new boolean[] {true, false}) {
                JniUtils.setGradMode(before);
                assertEquals(
                        1,
                        module.call(marker, "grad_mode", true, List.of(x))
                                .get(0)
                                .toFloatArray()[0]);
                assertEquals(
                        0,
                        module.call(marker, "grad_mode", false, List.of(x))
                                .get(0)
                                .toFloatArray()[0]);
                assertThrows(PlumblineException.class, () -> module.call(marker, "fail", true, List.of(x)));
                assertEquals(before, JniUtils.isGradMode());
            }
        }
    }

    @Test
    void results_belong_to_the_manager_of_the_marker() {
        try (NDManager manager = manager();
                NDManager sub = manager.newSubManager();
                TorchScriptModule module = TorchScriptModule.load("test", archive(), manager, 1)) {
            NDArray x = manager.create(new float[] {1, 10, 100});
            NDArray marker = sub.create(0f);
            NDArray y = module.call(marker, "forward", false, List.of(x)).get(0);
            assertEquals(List.of(marker, y).size(), sub.getManagedArrays().size());
        }
    }

    @Test
    void a_failure_in_libtorch_names_program_and_method() {
        try (NDManager manager = manager();
                TorchScriptModule module = TorchScriptModule.load("test", archive(), manager, 1)) {
            NDArray x = manager.create(new float[] {1, 2});
            PlumblineException failure = assertThrows(
                    PlumblineException.class, () -> module.call(manager.create(0f), "fail", false, List.of(x)));
            assertEquals(StandardError.INTERNAL, failure.code());
            assertTrue(failure.getMessage().contains("fail of 'test'"), failure.getMessage());
        }
    }

    @Test
    void no_file_is_left_behind_even_if_the_program_is_wrong() {
        File temporary = new File(System.getProperty("java.io.tmpdir"));
        int before = programs(temporary);
        try (NDManager manager = manager()) {
            TorchScriptModule.load("good", archive(), manager, 1).close();
            TorchScriptArchive bad =
                    new TorchScriptArchive(TEXT.replace("torch.mul", "torch.no_such_thing"), List.of());
            assertThrows(PlumblineException.class, () -> TorchScriptModule.load("bad", bad, manager, 1));
        }
        assertEquals(before, programs(temporary));
    }

    private static int programs(File folder) {
        String[] found = folder.list((in, name) -> name.startsWith("plumbline") && name.endsWith(".pt"));
        return found == null ? 0 : found.length;
    }

    private static NDManager manager() {
        return PyTorchEngine.start().newBaseManager(Device.cpu());
    }
}
