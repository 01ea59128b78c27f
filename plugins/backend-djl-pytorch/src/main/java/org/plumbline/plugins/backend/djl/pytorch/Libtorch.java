package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.util.Utils;
import com.sun.jna.NativeLibrary;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The libtorch that would be used, and why it or a device does not work. Native loaders complain of symptoms; this names
 * the causes.
 *
 * @param folder its libraries, as PYTORCH_LIBRARY_PATH names them; null if they come from the class path
 * @param version as PYTORCH_VERSION says
 */
record Libtorch(@Nullable Path folder, String version) {
    /** What DJL's published JNI libraries were built for. */
    private static final String USUAL_VERSION = "2.7.1";

    /** What the environment says, or system properties of the same names, as DJL reads them. */
    static Libtorch ofEnvironment() {
        String path = Utils.getEnvOrSystemProperty("PYTORCH_LIBRARY_PATH");
        String version = Utils.getEnvOrSystemProperty("PYTORCH_VERSION");
        return new Libtorch(path == null ? null : chosen(path), version == null ? USUAL_VERSION : version);
    }

    /** The first folder of a search path that holds libtorch, or the first one. */
    private static @Nullable Path chosen(String path) {
        List<Path> folders = Stream.of(path.split(File.pathSeparator, -1))
                .filter(folder -> !folder.isBlank())
                .map(Path::of)
                .toList();
        return folders.stream()
                .filter(folder -> Files.exists(folder.resolve(System.mapLibraryName("torch"))))
                .findFirst()
                .orElse(folders.isEmpty() ? null : folders.get(0));
    }

    /** How to bring another libtorch, for messages. */
    static String remedy() {
        return "let the environment variable PYTORCH_LIBRARY_PATH name a folder with the libraries of libtorch "
                + USUAL_VERSION + " and the libdjl_torch for it, from DJL's pytorch-jni jar (with PYTORCH_VERSION="
                + USUAL_VERSION + " and PYTORCH_FLAVOR=cu128 for CUDA)";
    }

    /** What is wrong with the folder before anything is loaded. */
    Optional<String> defect() {
        if (folder == null) {
            return Optional.empty();
        }
        if (!has("torch_cpu")) {
            return Optional.of("PYTORCH_LIBRARY_PATH=" + folder + " holds no " + System.mapLibraryName("torch_cpu"));
        }
        return buildVersion()
                .filter(found -> !found.equals(version) && !found.startsWith(version + "+"))
                .map(found -> "the libtorch in " + folder + " is " + found + ", but libdjl_torch is for " + version
                        + "; loading both would end the process");
    }

    /** A release of libtorch has a file with its version beside the folder lib. */
    private Optional<String> buildVersion() {
        return Stream.of("build-version", "../build-version")
                .map(Objects.requireNonNull(folder)::resolve)
                .filter(Files::isReadable)
                .findFirst()
                .map(Libtorch::read);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    /** Why libtorch could not be loaded, from the message of what failed. */
    static String loadFailure(String message) {
        String lower = message.toLowerCase(Locale.ROOT);
        if (lower.startsWith("offline mode")) {
            return "its native libraries were not found"; // DJL's last resort is a download, which is forbidden
        }
        if (lower.contains("undefined symbol") || lower.contains("unexpected version")) {
            return "libdjl_torch was built for another version of libtorch (" + message + ")";
        }
        if (lower.contains("cannot open shared object") && lower.contains("libcuda.so")) {
            return "there is no CUDA driver (" + message + ")";
        }
        if (lower.contains("cannot open shared object")) {
            return "a library that it needs is not there (" + message + ")";
        }
        if (lower.contains("glibc")) {
            return "it was built for a newer system (" + message + ")";
        }
        return message;
    }

    /**
     * Why a CUDA device cannot be used.
     *
     * @param devices how many libtorch sees
     * @param number of the device that was asked for
     * @param message of what failed
     */
    String cudaFailure(int devices, int number, String message) {
        return cudaFailure(devices, number, message, Libtorch::driverIsThere);
    }

    String cudaFailure(int devices, int number, String message, BooleanSupplier driver) {
        if (devices > number) {
            return message;
        }
        if (devices > 0) {
            return "there are " + devices + " CUDA devices, counted from 0";
        }
        if (folder != null && !has("torch_cuda")) {
            return "the libtorch in " + folder + " is built for the CPU alone";
        }
        if (!driver.getAsBoolean()) {
            return "there is no CUDA driver (" + System.mapLibraryName("cuda") + " is not found)";
        }
        return "the CUDA driver offers no device to this libtorch; see CUDA_VISIBLE_DEVICES and the driver's version ("
                + message + ")";
    }

    private boolean has(String library) {
        return folder != null && Files.exists(folder.resolve(System.mapLibraryName(library)));
    }

    private static boolean driverIsThere() {
        try {
            NativeLibrary.getInstance("cuda");
            return true;
        } catch (UnsatisfiedLinkError absent) {
            return false;
        }
    }
}
