package org.plumbline.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class GroundFloorTest {
    @TempDir
    private Path lib;

    private void jar(String name, Map<String, String> headers, String... entries) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.forEach(manifest.getMainAttributes()::putValue);
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(lib.resolve(name)), manifest)) {
            for (String entry : entries) {
                jar.putNextEntry(new JarEntry(entry));
                jar.closeEntry();
            }
        }
    }

    private String packages() {
        return GroundFloor.of(lib).packages();
    }

    @Test
    void bundleOffersWhatItExportsWithItsVersions() throws IOException {
        jar(
                "spi.jar",
                Map.of(
                        "Bundle-SymbolicName",
                        "org.example.spi",
                        "Export-Package",
                        "org.example.b;version=\"1.2\";uses:=\"org.example.a,java.util\",org.example.a;x=1;version=2.0.1,"
                                + "org.example.c"),
                "org/example/internal/Hidden.class");
        assertEquals("org.example.a;version=2.0.1,org.example.b;version=1.2,org.example.c;version=0.0.0", packages());
    }

    @Test
    void otherJarOffersAllItsPackagesWithItsOwnVersion() throws IOException {
        jar(
                "engine-2.7.1-0.35.1.jar",
                Map.of(),
                "org/engine/Engine.class",
                "org/engine/jni/Native.class",
                "native/linux/engine.so",
                "META-INF/versions/9/org/engine/Newer.class",
                "Top.class");
        jar("stated.jar", Map.of("Implementation-Version", "3.1"), "org/stated/A.class");
        jar("none.jar", Map.of(), "org/none/A.class");
        assertEquals(
                "org.engine;version=2.7.1,org.engine.jni;version=2.7.1,org.none;version=0.0.0,org.stated;version=3.1.0",
                packages());
    }

    @Test
    void whatOnlyTheLauncherUsesStaysWithIt() throws IOException {
        jar("felix-7.jar", Map.of(), "org/osgi/framework/Bundle.class", "org/apache/felix/framework/Felix.class");
        jar("tools-1.jar", Map.of(), "picocli/CommandLine.class", "org/plumbline/launcher/Main.class");
        assertEquals("", packages());
    }

    @Test
    void firstJarThatOffersAPackageCounts() throws IOException {
        jar("b-2.0.jar", Map.of(), "org/twice/A.class");
        jar("a-1.0.jar", Map.of(), "org/twice/A.class");
        assertEquals("org.twice;version=1.0.0", packages());
    }

    @Test
    void missingLibrariesAreAnErrorThatNamesTheFolder() {
        var failure = assertThrows(PlumblineException.class, () -> GroundFloor.of(lib.resolve("nowhere")));
        assertEquals(StandardError.MISSING_FILE, failure.code());
    }
}
