package org.plumbline.toolkit.meter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The resident memory of this process and its peak, as Linux counts them: the Java heap and what native libraries hold.
 * On other systems nothing is known. Stateless; the peak belongs to the whole process, so measure one thing at a time.
 */
public final class ResidentMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");
    private static final long KIBI = 1024;

    private ResidentMemory() {}

    /** Bytes in use now. */
    public static OptionalLong now() {
        return read("VmRSS:");
    }

    /** Forgets the peak so far; from here on it grows anew. False if this system cannot. */
    public static boolean resetPeak() {
        try {
            Files.writeString(CLEAR, "5");
            return true;
        } catch (IOException | SecurityException absent) {
            return false;
        }
    }

    /** The largest number of bytes in use since the process began or since {@link #resetPeak}. */
    public static OptionalLong peak() {
        return read("VmHWM:");
    }

    private static OptionalLong read(String key) {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(key))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIBI)
                    .findFirst();
        } catch (IOException | SecurityException absent) {
            return OptionalLong.empty();
        }
    }
}
