package org.plumbline.launcher.doctor;

import static org.plumbline.launcher.doctor.Finding.Area.MACHINE;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.plumbline.spi.error.ErrorKind;

/**
 * Java, processor, memory and disk. In a container Java itself reports what the container may use.
 *
 * @param environment of the process
 * @param places folders that are written to, by what they are for
 */
public record MachineProbe(Map<String, String> environment, Map<String, Path> places) {
    private static final int OLDEST_JAVA = 17;
    private static final long GIBI = 1L << 30;
    private static final long MEBI = 1L << 20;
    /** Less memory than this is not even enough for the shipped study beside the rest of a system. */
    private static final long LITTLE_MEMORY = GIBI;

    private static final long LITTLE_DISK = GIBI;
    private static final long NO_DISK = 64 * MEBI;

    /** Looks. */
    public List<Finding> look() {
        List<Finding> findings = new ArrayList<>();
        findings.add(java());
        findings.add(processor());
        findings.add(memory());
        places.forEach((use, folder) -> findings.add(disk(use, folder)));
        return findings;
    }

    private static Finding java() {
        int major = Runtime.version().feature();
        String found = System.getProperty("java.vm.name") + " " + Runtime.version() + " of "
                + System.getProperty("java.vm.vendor") + " in " + System.getProperty("java.home") + ", "
                + System.getProperty("os.name") + " " + System.getProperty("os.arch");
        return major >= OLDEST_JAVA
                ? Finding.ok(MACHINE, "java", found)
                : Finding.broken(
                        MACHINE,
                        "java",
                        found + "; to do: point JAVA_HOME at a JDK " + OLDEST_JAVA + " or newer",
                        ErrorKind.RESOURCES.exitCode());
    }

    private Finding processor() {
        int cores = Runtime.getRuntime().availableProcessors();
        String threads = environment.get("OMP_NUM_THREADS");
        String found = cores + (cores == 1 ? " core" : " cores") + " for this process, OMP_NUM_THREADS is "
                + (threads == null ? "not set" : threads);
        return threads == null
                ? Finding.warning(
                        MACHINE,
                        "processor",
                        found + ": native threads will compete; to do: start with the plumbline script, or set it to 1")
                : Finding.ok(MACHINE, "processor", found);
    }

    private static Finding memory() {
        long free = freeMemory();
        String found = String.format(
                Locale.ROOT,
                "%s for this process, %s of it free; Java's heap takes %s at most, tensors come on top",
                size(system().getTotalMemorySize()),
                size(free),
                size(Runtime.getRuntime().maxMemory()));
        return free < LITTLE_MEMORY
                ? Finding.warning(MACHINE, "memory", found + "; to do: end other programs, or use a smaller batch")
                : Finding.ok(MACHINE, "memory", found);
    }

    /** Memory that can be had, in bytes; what files are cached in counts. */
    public static long freeMemory() {
        OperatingSystemMXBean system = system();
        try {
            return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                    .filter(line -> line.startsWith("MemAvailable:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .map(bytes -> Math.min(bytes, system.getTotalMemorySize()))
                    .findFirst()
                    .orElseGet(system::getFreeMemorySize);
        } catch (IOException notLinux) {
            return system.getFreeMemorySize();
        }
    }

    private static OperatingSystemMXBean system() {
        return (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    }

    private static Finding disk(String use, Path folder) {
        String what = "disk: " + use;
        Path there = folder.toAbsolutePath().normalize();
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there) || !Files.isWritable(there)) {
            return Finding.broken(
                    MACHINE, what, folder + " cannot be written: " + there, ErrorKind.RESOURCES.exitCode());
        }
        try {
            long free = Files.getFileStore(there).getUsableSpace();
            String found = folder + ": " + size(free) + " free";
            if (free < NO_DISK) {
                return Finding.broken(
                        MACHINE,
                        what,
                        found + "; to do: make room, or choose another folder",
                        ErrorKind.RESOURCES.exitCode());
            }
            return free < LITTLE_DISK ? Finding.warning(MACHINE, what, found) : Finding.ok(MACHINE, what, found);
        } catch (IOException unknown) {
            return Finding.note(MACHINE, what, folder + ": how much is free cannot be told (" + unknown + ")");
        }
    }

    static String size(long bytes) {
        return bytes >= 10 * GIBI
                ? bytes / GIBI + " GiB"
                : bytes >= GIBI
                        ? String.format(Locale.ROOT, "%.1f GiB", (double) bytes / GIBI)
                        : bytes >= MEBI ? bytes / MEBI + " MiB" : (bytes + 1023) / 1024 + " KiB";
    }
}
