package org.plumbline.it.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** What a process holds of the memory of CUDA devices, as NVIDIA's tool tells it. */
final class DeviceMemory {
    private static final long MEBI = 1 << 20;
    private static final List<String> TOOL =
            List.of("nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits");

    private DeviceMemory() {}

    /** Bytes; empty where there is no such tool or it does not know this process. */
    static OptionalLong ofThisProcess() {
        try {
            Process process = new ProcessBuilder(TOOL).start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0
                    ? of(ProcessHandle.current().pid(), text)
                    : OptionalLong.empty();
        } catch (IOException absent) {
            return OptionalLong.empty();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return OptionalLong.empty();
        }
    }

    /** Reads the tool's lines: process id, MiB. */
    static OptionalLong of(long process, String lines) {
        long[] mine = lines.lines()
                .map(line -> line.split(",", -1))
                .filter(fields -> fields.length == 2 && fields[0].strip().equals(Long.toString(process)))
                .map(fields -> fields[1].strip())
                .filter(used -> used.matches("\\d+"))
                .mapToLong(used -> Long.parseLong(used) * MEBI)
                .toArray();
        return mine.length == 0
                ? OptionalLong.empty()
                : OptionalLong.of(java.util.Arrays.stream(mine).sum());
    }
}
