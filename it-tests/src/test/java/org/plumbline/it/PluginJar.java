package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** A plugin jar that is written and compiled while a test runs. */
final class PluginJar {
    private static final String IMPORTS = Stream.of("plugin", "error", "provenance", "reward")
            .map(name -> "org.plumbline.spi." + name + ";version=\"[1.0,2)\"")
            .collect(Collectors.joining(",", "", ",jakarta.inject;version=\"[2.0,3)\""));

    private final Map<String, String> headers = new LinkedHashMap<>();
    private final Map<String, String> sources = new LinkedHashMap<>();

    private PluginJar(String bundle, String version) {
        header("Bundle-ManifestVersion", "2");
        header("Bundle-SymbolicName", bundle);
        header("Bundle-Version", version);
        header("Import-Package", IMPORTS);
    }

    static PluginJar of(String bundle, String version) {
        return new PluginJar(bundle, version);
    }

    /** A bundle with one black-box reward {@code test.reward.Reward}, whose unit is {@code bundle version}. */
    static PluginJar reward(String bundle, String version, String id) {
        return of(bundle, version)
                .source("test.reward.Reward", """
                        package test.reward;
                        import java.util.List;
                        import org.plumbline.spi.plugin.Plugin;
                        import org.plumbline.spi.reward.*;
                        @Plugin(id = "%s", description = "a test")
                        public final class Reward implements BlackBoxRewardModel {
                            private volatile boolean closed;
                            @Override public String unit() { return "%s"; }
                            @Override public double[] score(ImageBatch images, List<String> prompts) {
                                if (closed) throw new IllegalStateException("used after it was closed");
                                double[] rewards = new Scale(images.rows()).zeros();
                                if (closed) throw new IllegalStateException("closed while it was used");
                                return rewards;
                            }
                            @Override public void close() { closed = true; }
                        }
                        // Loaded on first use: fails if the bundle has gone by then.
                        record Scale(int rows) { double[] zeros() { return new double[rows]; } }
                        """.formatted(id, bundle + " " + version))
                .plugin("test.reward.Reward", id);
    }

    PluginJar source(String className, String text) {
        sources.put(className, text);
        return this;
    }

    /** Writes a class into the headers, as the build does. */
    PluginJar plugin(String className, String id) {
        headers.merge("Plumbline-Plugins", className, (a, b) -> a + "," + b);
        headers.merge(
                "Provide-Capability",
                "org.plumbline.plugin;class=\"%s\";id=\"%s\"".formatted(className, id),
                (a, b) -> a + "," + b);
        return this;
    }

    /** Sets a manifest header; null removes it. */
    PluginJar header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    PluginJar imports(String clause) {
        return header("Import-Package", IMPORTS + "," + clause);
    }

    /** Puts the jar where it belongs in one move. */
    void dropInto(Path folder, String name) throws IOException {
        Path aside = Files.write(folder.resolve(name + ".part"), bytes());
        Files.move(aside, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    byte[] bytes() throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.forEach((name, value) -> {
            if (value != null) {
                attributes.putValue(name, value);
            }
        });
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Path classes = compile();
        try (JarOutputStream jar = new JarOutputStream(bytes, manifest);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                jar.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, jar);
                jar.closeEntry();
            }
        } finally {
            delete(classes);
        }
        return bytes.toByteArray();
    }

    private Path compile() throws IOException {
        Path root = Files.createTempDirectory("plugin-jar");
        if (sources.isEmpty()) {
            return root;
        }
        Path written = Files.createTempDirectory("plugin-src");
        List<Path> files = sources.entrySet().stream()
                .map(source -> write(written, source.getKey(), source.getValue()))
                .toList();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (var manager = compiler.getStandardFileManager(null, null, null)) {
            String classPath = Stream.concat(App.jars("lib").stream(), App.jars("bundles").stream())
                    .map(Path::toString)
                    .collect(Collectors.joining(File.pathSeparator));
            boolean compiled = compiler.getTask(
                            messages,
                            manager,
                            null,
                            List.of("-d", root.toString(), "-cp", classPath, "-proc:none"),
                            null,
                            manager.getJavaFileObjectsFromPaths(files))
                    .call();
            assertTrue(compiled, messages::toString);
        } finally {
            delete(written);
        }
        return root;
    }

    private static Path write(Path root, String className, String text) {
        try {
            Path file = root.resolve(className.replace('.', '/') + ".java");
            Files.createDirectories(file.getParent());
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
