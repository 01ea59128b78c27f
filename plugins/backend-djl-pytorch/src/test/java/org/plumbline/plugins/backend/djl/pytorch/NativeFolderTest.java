package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.TensorArena;

/**
 * A distribution ships libtorch as a folder of plain files, so that nothing is unpacked into a user's home at run time.
 * This test makes such a folder and starts a JVM that has no jar with native libraries.
 */
@Tag("long")
class NativeFolderTest {
    private static final List<String> LIBRARIES = List.of(
            "pytorch/cpu/linux-x86_64/libc10.so",
            "pytorch/cpu/linux-x86_64/libgomp-98b21ff3.so.1",
            "pytorch/cpu/linux-x86_64/libtorch_cpu.so",
            "pytorch/cpu/linux-x86_64/libtorch.so",
            "jnilib/linux-x86_64/cpu/libdjl_torch.so");

    @TempDir
    Path folder;

    @Test
    void a_folder_of_five_files_is_enough_and_nothing_is_unpacked() throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64"));
        Path libraries = Files.createDirectory(folder.resolve("libtorch"));
        for (String library : LIBRARIES) {
            copy(library, libraries);
        }
        Path cache = folder.resolve("cache");
        String result = runChild(libraries, cache);
        assertTrue(result.contains("libtorch 2.7.1"), result);
        assertTrue(result.contains("[3.0, 6.0]"), result);
        assertFalse(Files.exists(cache.resolve("pytorch")), "natives were unpacked to " + cache);
    }

    private static void copy(String resource, Path folder) throws IOException {
        Path name = Path.of(resource).getFileName();
        try (InputStream in = ClassLoader.getSystemResourceAsStream(resource)) {
            Files.copy(in, folder.resolve(name));
        }
    }

    private String runChild(Path libraries, Path cache) throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("pytorch-native") && !entry.contains("pytorch-jni"))
                .collect(Collectors.joining(File.pathSeparator));
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Path output = folder.resolve("output.txt");
        ProcessBuilder builder = new ProcessBuilder(java.toString(), "-cp", classPath, Child.class.getName());
        builder.environment().put("PYTORCH_LIBRARY_PATH", libraries.toString());
        builder.environment().put("DJL_CACHE_DIR", cache.toString());
        builder.environment().put("ENGINE_CACHE_DIR", cache.toString());
        Process child = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = child.waitFor(2, TimeUnit.MINUTES);
        child.destroyForcibly();
        String text = Files.readString(output, StandardCharsets.UTF_8);
        assertTrue(ended, text);
        assertEquals(0, child.exitValue(), text);
        return text;
    }

    /** The JVM without native jars. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            DjlPytorchBackend backend = new DjlPytorchBackend(TestSession.settings("cpu", 1));
            System.out.println(backend.description());
            try (BackendSession session = backend.open();
                    TensorArena arena = session.arena()) {
                double[] tripled = arena.combine(new double[] {3}, List.of(arena.tensor(new double[] {1, 2}, 2)))
                        .toDoubles();
                System.out.println(Arrays.toString(tripled));
            }
        }
    }
}
