package org.plumbline.launcher.doctor;

import static org.plumbline.launcher.doctor.Finding.Area.ENGINES;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * NVIDIA's driver, by the three traces it leaves: the kernel module, its library, its tool.
 *
 * @param root of the file system
 * @param tool lists the cards, one per line: name, version of the driver, memory
 */
public record CudaProbe(Path root, List<String> tool) {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Pattern MODULE = Pattern.compile("Kernel Module(?: for \\S+)?\\s+(\\d[\\d.]*)");
    /** The first driver for CUDA 12.8, against which the libtorch is built that fits (NVIDIA's table of CUDA releases). */
    private static final int OLDEST_DRIVER = 570;

    private static final List<String> LIBRARY_FOLDERS = List.of(
            "usr/lib/x86_64-linux-gnu",
            "usr/lib64",
            "usr/lib",
            "usr/lib/wsl/lib",
            "usr/local/nvidia/lib64",
            "usr/local/cuda/compat");

    /** What this machine has. */
    public static CudaProbe ofThisMachine() {
        return new CudaProbe(
                Path.of("/"),
                List.of("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"));
    }

    /**
     * A driver and its cards.
     *
     * @param version of the driver, empty if unknown
     * @param cards as the tool lists them
     * @param problem what is wrong; empty if nothing is
     */
    public record Driver(String version, List<String> cards, String problem) {
        /** True if CUDA can be expected to work. */
        public boolean usable() {
            return problem.isEmpty();
        }

        /** It as a finding; nothing needs it unless it is asked for. */
        public Finding finding() {
            return usable()
                    ? Finding.ok(ENGINES, "CUDA driver", "NVIDIA " + version + "; " + String.join("; ", cards))
                    : Finding.note(ENGINES, "CUDA driver", problem);
        }
    }

    /** Looks. */
    public Driver look() {
        Optional<String> module = module();
        Optional<Path> library = LIBRARY_FOLDERS.stream()
                .map(folder -> root.resolve(folder).resolve("libcuda.so.1"))
                .filter(Files::exists)
                .findFirst();
        List<String> cards = cards();
        String version = module.orElseGet(() -> cards.stream()
                .map(card -> card.split(",", -1))
                .filter(fields -> fields.length > 1)
                .map(fields -> fields[1].strip())
                .findFirst()
                .orElse(""));
        return new Driver(version, cards, problem(version, library.isPresent(), cards));
    }

    private static String problem(String version, boolean library, List<String> cards) {
        if (version.isEmpty() && !library && cards.isEmpty()) {
            return "there is no NVIDIA driver: neither its kernel module nor libcuda.so.1 nor nvidia-smi";
        }
        if (!library) {
            return "NVIDIA's driver " + version + " is there, but not its library libcuda.so.1"
                    + " (in a container: it was started without access to the GPU)";
        }
        if (cards.isEmpty()) {
            return "NVIDIA's driver " + version + " is there, but nvidia-smi lists no card";
        }
        int major = major(version);
        return major > 0 && major < OLDEST_DRIVER
                ? "NVIDIA's driver " + version + " is too old for CUDA 12.8; update it to " + OLDEST_DRIVER
                        + " or newer"
                : "";
    }

    private static int major(String version) {
        Matcher number = Pattern.compile("(\\d+).*").matcher(version);
        return number.matches() ? Integer.parseInt(number.group(1)) : 0;
    }

    private Optional<String> module() {
        try {
            Matcher version = MODULE.matcher(Files.readString(root.resolve("proc/driver/nvidia/version")));
            return version.find() ? Optional.of(version.group(1)) : Optional.empty();
        } catch (IOException absent) {
            return Optional.empty();
        }
    }

    private List<String> cards() {
        try {
            Process process = new ProcessBuilder(tool).redirectErrorStream(true).start();
            process.getOutputStream().close();
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return List.of();
            }
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.exitValue() == 0
                    ? new ArrayList<>(
                            text.lines().filter(line -> !line.isBlank()).toList())
                    : List.of();
        } catch (IOException absent) {
            return List.of();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }
}
