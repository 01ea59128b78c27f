package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The folder a user starts: complete, and each jar where it belongs. */
class DistributionTest {
    static List<Path> plugins() {
        return App.jars("plugins");
    }

    static List<Path> bundles() {
        return App.jars("bundles");
    }

    @ParameterizedTest
    @MethodSource("plugins")
    void pluginIsABundleThatExportsNothingAndDoesNotSeeTheHost(Path jar) throws IOException {
        Attributes header = manifest(jar);
        String name = jar.getFileName().toString().replaceFirst("^plumbline-(.*)-[0-9.]+\\.jar$", "$1");
        String imports = String.valueOf(header.getValue("Import-Package"));
        assertAll(
                () -> assertEquals("org.plumbline." + name.replace('-', '.'), header.getValue("Bundle-SymbolicName")),
                () -> assertNull(header.getValue("Export-Package")),
                () -> assertFalse(imports.contains("org.plumbline.kernel"), imports));
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void bundleHasASymbolicName(Path jar) throws IOException {
        assertTrue(manifest(jar).getValue("Bundle-SymbolicName").startsWith("org.plumbline."));
    }

    @Test
    void nativeEnginesAndTheHostLieOnTheGroundFloor() {
        List<String> lib = App.jars("lib").stream()
                .map(jar -> jar.getFileName().toString())
                .toList();
        for (String part : List.of(
                "plumbline-launcher-",
                "plumbline-spi-",
                "plumbline-toolkit-",
                "plumbline-kernel-",
                "org.apache.felix.framework-",
                "jakarta.inject-api-",
                "slf4j-api-",
                "pytorch-engine-",
                "tokenizers-",
                "onnxruntime-")) {
            assertTrue(lib.stream().anyMatch(jar -> jar.startsWith(part)), () -> part + " is missing in " + lib);
        }
        assertTrue(Files.exists(App.HOME.resolve("native/libtorch/libdjl_torch.so")), "libtorch is unpacked");
        assertFalse(lib.stream().anyMatch(jar -> jar.startsWith("pytorch-native")), "libtorch is there twice");
        assertFalse(lib.stream().anyMatch(jar -> jar.startsWith("guice-")), "Guice is a bundle, not on the class path");
    }

    @Test
    void launcherTellsItsVersion() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dplumbline.home=" + App.HOME,
                        "-cp",
                        App.HOME.resolve("lib") + "/*",
                        "org.plumbline.launcher.Main",
                        "--version")
                .redirectErrorStream(true)
                .start();
        String output;
        try (InputStream stream = process.getInputStream()) {
            output = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        assertTrue(output.startsWith("Plumbline 0."), output);
    }

    private static Attributes manifest(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.getManifest().getMainAttributes();
        }
    }
}
