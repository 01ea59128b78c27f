package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that prepares libtorch for CUDA, on archives and folders that look like libtorch; no GPU is needed. */
class PrepareLibtorchTest {
    private static final Path SCRIPT =
            App.HOME.resolve("../../../gpu/prepare-libtorch.sh").normalize();
    private static final String NEW_ABI = "_ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx1112basic_string";

    private record Outcome(int exitCode, String out, String err) {}

    @TempDir
    private Path folder;

    private Path jni;
    private Path target;

    @BeforeEach
    void jar() throws IOException {
        assumeTrue(
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("os.arch").equals("amd64"),
                "the script is for Linux on x86-64");
        target = folder.resolve("ready");
        jni = zip(
                "jni.jar",
                Map.of(
                        "jnilib/pytorch.properties", "jni_version=2.7.1-0.35.1",
                        "jnilib/linux-x86_64/cu128/libdjl_torch.so", "glue"));
    }

    /** The files of a libtorch for CUDA. */
    private static Map<String, String> libtorch(String version) {
        Map<String, String> files = new TreeMap<>();
        for (String name : List.of("libtorch.so", "libtorch_cpu.so", "libtorch_cuda.so", "libc10_cuda.so")) {
            files.put("libtorch/lib/" + name, "library");
        }
        files.put("libtorch/lib/libc10.so", NEW_ABI);
        files.put("libtorch/lib/libgomp-1.so.1", "library");
        files.put("libtorch/build-version", version + "\n");
        return files;
    }

    private Path zip(String name, Map<String, String> files) throws IOException {
        Path file = folder.resolve(name);
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, String> entry : new TreeMap<>(files).entrySet()) {
                out.putNextEntry(new ZipEntry(entry.getKey()));
                out.write(entry.getValue().getBytes(StandardCharsets.UTF_8));
                out.closeEntry();
            }
        }
        return file;
    }

    private Outcome run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", SCRIPT.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().put("HOME", folder.toString());
        Process process = builder.start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running");
        return new Outcome(
                process.exitValue(), Files.readString(folder.resolve("out")), Files.readString(folder.resolve("err")));
    }

    private Outcome prepare(Path from) throws Exception {
        return run("--from", from.toString(), "--to", target.toString(), "--jni", jni.toString());
    }

    private void refused(Path from, String why) throws Exception {
        Outcome outcome = prepare(from);
        assertEquals(2, outcome.exitCode(), outcome.err());
        assertTrue(outcome.err().contains(why), outcome.err());
        assertTrue(outcome.err().contains("to do: "), outcome.err());
        nothingIsLeft();
    }

    private void nothingIsLeft() throws IOException {
        assertFalse(Files.exists(target));
        try (Stream<Path> files = Files.list(folder)) {
            assertTrue(files.noneMatch(file -> file.getFileName().toString().contains(".part")), "work is left behind");
        }
    }

    @Test
    void anArchiveBecomesAFolderAndTheVariablesArePrinted() throws Exception {
        Outcome outcome = prepare(zip("libtorch.zip", libtorch("2.7.1+cu128")));
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertEquals(
                "export PYTORCH_LIBRARY_PATH=" + target
                        + "\nexport PYTORCH_VERSION=2.7.1\nexport PYTORCH_FLAVOR=cu128\n",
                outcome.out());
        assertEquals("glue", Files.readString(target.resolve("libdjl_torch.so")));
        assertEquals("2.7.1+cu128\n", Files.readString(target.resolve("build-version")));
        assertTrue(Files.exists(target.resolve("libtorch_cuda.so")));
        assertTrue(Files.exists(target.resolve("libgomp-1.so.1")));
    }

    @Test
    void aPythonInstallationIsLinkedTogetherWithNvidiasLibraries() throws Exception {
        Path torch = folder.resolve("site/torch");
        for (Map.Entry<String, String> file : libtorch("2.7.1+cu128").entrySet()) {
            Path copy = torch.resolve(file.getKey().replace("libtorch/", ""));
            Files.createDirectories(copy.getParent());
            Files.writeString(copy, file.getValue());
        }
        Files.delete(torch.resolve("build-version"));
        Files.writeString(torch.resolve("version.py"), "__version__ = '2.7.1+cu128'\ndebug = False\n");
        Path cudnn = Files.createDirectories(folder.resolve("site/nvidia/cudnn/lib"));
        Files.writeString(cudnn.resolve("libcudnn.so.9"), "library");
        Outcome outcome = prepare(torch);
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertTrue(Files.isSymbolicLink(target.resolve("libtorch_cpu.so")));
        assertTrue(Files.exists(target.resolve("libcudnn.so.9")));
    }

    @Test
    void whatDoesNotFitIsRefusedAndNothingIsLeft() throws Exception {
        refused(zip("old.zip", libtorch("2.6.0+cu124")), "this libtorch is 2.6.0+cu124");
        refused(zip("other.zip", libtorch("2.7.1+cu126")), "is for cu126");
        Map<String, String> cpu = libtorch("2.7.1+cpu");
        cpu.remove("libtorch/lib/libtorch_cuda.so");
        refused(zip("cpu.zip", cpu), "is for the CPU");
        Map<String, String> unknown = libtorch("");
        unknown.remove("libtorch/build-version");
        refused(zip("unknown.zip", unknown), "does not tell its version");
        Map<String, String> oldAbi = libtorch("2.7.1+cu128");
        oldAbi.put("libtorch/lib/libc10.so", "_ZN3c105ErrorC2ENS_14SourceLocationESs");
        refused(zip("abi.zip", oldAbi), "older C++ ABI");
        refused(zip("empty.zip", Map.of("readme", "nothing")), "there is no libc10.so");
        Path broken = folder.resolve("broken.zip");
        byte[] whole = Files.readAllBytes(folder.resolve("old.zip"));
        Files.write(broken, java.util.Arrays.copyOf(whole, whole.length / 2));
        refused(broken, "is no complete zip archive");
        refused(folder.resolve("nowhere"), "does not exist");
    }

    @Test
    void glueForAnotherLibtorchIsRefused() throws Exception {
        Path archive = zip("libtorch.zip", libtorch("2.7.1+cu128"));
        jni = zip("jni-cpu.jar", Map.of("jnilib/pytorch.properties", "jni_version=2.7.1-0.35.1"));
        refused(archive, "holds no libdjl_torch.so for cu128");
        jni = zip(
                "jni-old.jar",
                Map.of(
                        "jnilib/pytorch.properties", "jni_version=2.5.1-0.33.0",
                        "jnilib/linux-x86_64/cu128/libdjl_torch.so", "glue"));
        refused(archive, "is not for libtorch 2.7.1");
    }

    @Test
    void aFolderThatIsThereIsLeftAlone() throws Exception {
        Files.createDirectory(target);
        Outcome outcome = prepare(zip("libtorch.zip", libtorch("2.7.1+cu128")));
        assertEquals(2, outcome.exitCode());
        assertTrue(outcome.err().contains("is already there"), outcome.err());
    }

    @Test
    void argumentsAreExplained() throws Exception {
        assertEquals(0, run("--help").exitCode());
        assertTrue(run("--help").out().contains("https://"));
        for (String[] wrong : new String[][] {{}, {"--from"}, {"--bogus", "x"}}) {
            Outcome outcome = run(wrong);
            assertEquals(2, outcome.exitCode());
            assertTrue(outcome.err().contains("--help"), outcome.err());
        }
    }
}
