package org.plumbline.launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * What the class path offers to bundles. A package of a jar that is a bundle has the version which the jar's manifest
 * states, and only exported packages are offered; of other jars all packages are, with the version of the jar.
 *
 * <p>Everything is offered but what only the launcher uses: the framework itself, the command line parser, the log writer.
 */
final class GroundFloor {
    private static final List<String> LAUNCHER_ONLY =
            List.of("org.plumbline.launcher", "org.osgi.", "org.apache.felix.", "picocli", "ch.qos.logback");
    private static final Pattern VERSION = Pattern.compile("(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?.*");
    private static final Pattern VERSION_OF_FILE = Pattern.compile(".*?-(\\d+(?:\\.\\d+)*).*\\.jar");
    private static final Pattern VERSION_OF_PACKAGE = Pattern.compile(";\\s*version\\s*=\\s*\"?([0-9][^\";]*)\"?");

    private final Map<String, String> versions = new TreeMap<>();

    private GroundFloor() {}

    /** Reads the jars of a folder; of several that offer a package, the first by name counts. */
    static GroundFloor of(Path lib) {
        GroundFloor floor = new GroundFloor();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(lib, "*.jar")) {
            Set<Path> jars = new TreeSet<>();
            files.forEach(jars::add);
            for (Path jar : jars) {
                floor.add(jar);
            }
        } catch (IOException unreadable) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("the platform's libraries in " + lib + " cannot be read: " + unreadable)
                    .remedy("unpack or build the distribution again")
                    .cause(unreadable)
                    .build();
        }
        return floor;
    }

    /** In the form of the framework property {@code org.osgi.framework.system.packages.extra}. */
    String packages() {
        StringBuilder text = new StringBuilder();
        versions.forEach((name, version) -> text.append(text.isEmpty() ? "" : ",")
                .append(name)
                .append(";version=")
                .append(version));
        return text.toString();
    }

    private void add(Path path) throws IOException {
        try (JarFile jar = new JarFile(path.toFile())) {
            @Nullable Manifest manifest = jar.getManifest();
            Attributes header = manifest == null ? new Attributes() : manifest.getMainAttributes();
            if (header.getValue("Bundle-SymbolicName") == null) {
                String version = versionOf(path, header);
                classPackages(jar).forEach(name -> offer(name, version));
            } else if (header.getValue("Export-Package") != null) {
                clauses(header.getValue("Export-Package")).forEach(this::offer);
            }
        }
    }

    private void offer(String clause) {
        Matcher version = VERSION_OF_PACKAGE.matcher(clause);
        offer(clause.split(";", 2)[0].strip(), version.find() ? version.group(1) : "0.0.0");
    }

    private void offer(String name, String version) {
        if (LAUNCHER_ONLY.stream().noneMatch(name::startsWith)) {
            versions.putIfAbsent(name, version);
        }
    }

    private static Set<String> classPackages(JarFile jar) {
        Set<String> packages = new TreeSet<>();
        jar.stream()
                .map(entry -> entry.getName())
                .filter(name -> name.endsWith(".class") && name.contains("/") && !name.startsWith("META-INF/"))
                .forEach(name ->
                        packages.add(name.substring(0, name.lastIndexOf('/')).replace('/', '.')));
        return packages;
    }

    private static String versionOf(Path jar, Attributes header) {
        String stated = header.getValue(Attributes.Name.IMPLEMENTATION_VERSION);
        Matcher file = VERSION_OF_FILE.matcher(String.valueOf(jar.getFileName()));
        Matcher version = VERSION.matcher(stated != null ? stated : file.matches() ? file.group(1) : "");
        if (!version.matches()) {
            return "0.0.0";
        }
        return version.group(1) + "." + orZero(version.group(2)) + "." + orZero(version.group(3));
    }

    private static String orZero(@Nullable String number) {
        return number == null ? "0" : number;
    }

    /** Splits a manifest header at the commas that are not quoted. */
    private static List<String> clauses(String header) {
        List<String> clauses = new ArrayList<>();
        StringBuilder clause = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < header.length(); i++) {
            char c = header.charAt(i);
            quoted ^= c == '"';
            if (c == ',' && !quoted) {
                clauses.add(clause.toString());
                clause.setLength(0);
            } else {
                clause.append(c);
            }
        }
        clauses.add(clause.toString());
        return clauses;
    }
}
