package org.plumbline.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The assembled application, as a user gets it. */
public final class App {
    /** The folder with lib, bundles, plugins, models and studies. */
    public static final Path HOME = Path.of(
                    System.getProperty("plumbline.home", "../distribution/app/target/plumbline"))
            .toAbsolutePath()
            .normalize();

    private App() {}

    /** The jars of one folder of the application, by name. */
    static List<Path> jars(String folder) {
        try (var files = Files.list(HOME.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("The application is not assembled; run: mvn -DskipTests package", e);
        }
    }
}
