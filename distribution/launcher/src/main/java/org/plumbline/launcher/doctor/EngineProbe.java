package org.plumbline.launcher.doctor;

import static org.plumbline.launcher.doctor.Finding.Area.ENGINES;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The native engines of the ground floor: which libraries are there, for which device, and whether they belong together.
 * libtorch is not started for that: a backend that uses it is asked elsewhere, and starting it takes a second.
 *
 * @param lib folder of the class path's jars
 * @param environment of the process
 * @param driver of this machine
 */
public record EngineProbe(Path lib, Map<String, String> environment, CudaProbe.Driver driver) {
    private static final String ONNX = "ONNX Runtime";
    private static final String UNUSED_CARD =
            ", while this machine has a CUDA device; distribution/GPU.md tells how to use it";
    private static final String PATH = "PYTORCH_LIBRARY_PATH";

    /** Looks. */
    public List<Finding> look() {
        List<Finding> findings = new ArrayList<>();
        findings.add(djl());
        findings.add(libtorch());
        findings.add(onnxRuntime());
        return findings;
    }

    /** What DJL's engine was built for. */
    private static Properties djlProperties() {
        Properties properties = new Properties();
        try (@Nullable InputStream in = EngineProbe.class.getResourceAsStream("/pytorch-engine.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException unreadable) {
            properties.clear();
        }
        return properties;
    }

    private static Finding djl() {
        Properties properties = djlProperties();
        return properties.isEmpty()
                ? Finding.note(ENGINES, "DJL", "its PyTorch engine is not on the class path")
                : Finding.ok(
                        ENGINES,
                        "DJL",
                        properties.getProperty("djl_version") + ", made for libtorch "
                                + properties.getProperty("pytorch_version"));
    }

    private Finding libtorch() {
        String wanted = djlProperties().getProperty("pytorch_version", "");
        String path = environment.get(PATH);
        if (path == null || path.isBlank()) {
            return Finding.note(
                    ENGINES,
                    "libtorch",
                    PATH
                            + " is not set: it is looked for on the class path and in DJL's cache; the plumbline script sets it");
        }
        Path folder = Path.of(path);
        List<String> missing = List.of("libc10", "libtorch_cpu", "libtorch", "libdjl_torch").stream()
                .map(name -> name + ".so")
                .filter(name -> !Files.exists(folder.resolve(name)))
                .toList();
        if (!missing.isEmpty()) {
            return Finding.warning(
                    ENGINES,
                    "libtorch",
                    folder + " lacks " + String.join(", ", missing) + "; to do: let " + PATH
                            + " name a folder with libtorch " + wanted + " and DJL's libdjl_torch");
        }
        boolean cuda = Files.exists(folder.resolve("libtorch_cuda.so"));
        boolean glue = contains(folder.resolve("libdjl_torch.so"), "libtorch_cuda.so");
        String found = folder + ": for " + (cuda ? "CUDA" : "CPU") + version(folder);
        String flavor = environment.get("PYTORCH_FLAVOR");
        if (cuda != glue) {
            return Finding.warning(
                    ENGINES,
                    "libtorch",
                    found + ", but its libdjl_torch.so was built for " + (glue ? "CUDA" : "CPU")
                            + "; to do: prepare the folder with distribution/gpu/prepare-libtorch.sh");
        }
        if (cuda && (flavor == null || !flavor.startsWith("cu"))) {
            return Finding.warning(
                    ENGINES,
                    "libtorch",
                    found + ", but PYTORCH_FLAVOR is " + flavor + "; to do: set PYTORCH_FLAVOR=cu128");
        }
        if (cuda && !driver.usable()) {
            return Finding.warning(ENGINES, "libtorch", found + ", but " + driver.problem());
        }
        return !cuda && driver.usable()
                ? Finding.note(ENGINES, "libtorch", found + UNUSED_CARD)
                : Finding.ok(ENGINES, "libtorch", found);
    }

    /** The version that the makers of a libtorch archive put beside it, if it came along. */
    private static String version(Path folder) {
        for (Path candidate : List.of(folder.resolve("build-version"), folder.resolveSibling("build-version"))) {
            if (Files.isReadable(candidate)) {
                try {
                    return ", version " + Files.readString(candidate).strip();
                } catch (IOException unreadable) {
                    return "";
                }
            }
        }
        return "";
    }

    private static boolean contains(Path file, String text) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
        } catch (IOException unreadable) {
            return false;
        }
    }

    private Finding onnxRuntime() {
        List<String> jars = jars();
        if (jars.size() > 1) {
            return Finding.warning(
                    ENGINES,
                    ONNX,
                    "two kinds of it on the class path, " + String.join(" and ", jars) + "; to do: keep one of them in "
                            + lib);
        }
        try {
            List<String> providers = OrtEnvironment.getAvailableProviders().stream()
                    .map(provider -> provider.name().toLowerCase(Locale.ROOT))
                    .sorted()
                    .toList();
            String found = OrtEnvironment.class.getPackage().getImplementationVersion() + ", execution providers: "
                    + String.join(", ", providers);
            if (providers.contains("cuda") && !driver.usable()) {
                return Finding.note(ENGINES, ONNX, found + "; cuda cannot be used, since " + driver.problem());
            }
            return !providers.contains("cuda") && driver.usable()
                    ? Finding.note(ENGINES, ONNX, found + UNUSED_CARD)
                    : Finding.ok(ENGINES, ONNX, found);
        } catch (LinkageError | RuntimeException failure) {
            return Finding.warning(
                    ENGINES, ONNX, "its native library does not load: " + Finding.sentence(failure.toString()));
        }
    }

    private List<String> jars() {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(lib, "onnxruntime*.jar")) {
            List<String> names = new ArrayList<>();
            jars.forEach(jar -> names.add(String.valueOf(jar.getFileName())));
            names.sort(String::compareTo);
            return names;
        } catch (IOException unreadable) {
            return List.of();
        }
    }
}
