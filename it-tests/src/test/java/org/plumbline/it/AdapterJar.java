package org.plumbline.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** A jar of the distribution under other version numbers: the same code, and to the host another bundle. */
final class AdapterJar {
    private final byte[] original;

    private AdapterJar(byte[] original) {
        this.original = original;
    }

    /** The jar of a plugin, by the end of its bundle's name. */
    static AdapterJar of(String name) throws IOException {
        Path jar = App.jars("plugins").stream()
                .filter(path -> path.getFileName().toString().contains(name))
                .findFirst()
                .orElseThrow(() -> new IOException("no plugin jar is called like " + name));
        return new AdapterJar(Files.readAllBytes(jar));
    }

    /** Puts the jar with this version where it belongs, in one move. */
    void dropInto(Path folder, String file, String version) throws IOException {
        Path aside = Files.write(folder.resolve(file + ".part"), bytes(version));
        Files.move(aside, folder.resolve(file), StandardCopyOption.ATOMIC_MOVE);
    }

    private byte[] bytes(String version) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarInputStream in = new JarInputStream(new java.io.ByteArrayInputStream(original))) {
            Manifest manifest = in.getManifest();
            manifest.getMainAttributes().putValue("Bundle-Version", version);
            try (JarOutputStream out = new JarOutputStream(bytes, manifest)) {
                for (JarEntry entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
                    out.putNextEntry(new JarEntry(entry.getName()));
                    in.transferTo(out);
                    out.closeEntry();
                }
            }
        }
        return bytes.toByteArray();
    }
}
