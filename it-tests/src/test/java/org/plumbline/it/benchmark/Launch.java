package org.plumbline.it.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Starts measuring processes, one at a time.
 *
 * @param home folder of the assembled application
 * @param output folder for everything that is written
 * @param device of the backend
 */
record Launch(Path home, Path output, String device) {
    private static final int MINUTES = 10;

    CaseFile caseFile() {
        return new CaseFile(output.resolve("case.safetensors"));
    }

    /** Writes the case file, which every measurement needs. */
    void writeCase() throws IOException, InterruptedException {
        Files.createDirectories(output);
        run(java(List.of()));
    }

    /** Measures a method here. */
    Reading measure(Method method, int updates) throws IOException, InterruptedException {
        Path result = result(method);
        run(java(List.of(method.key(), Integer.toString(updates), result.toString())));
        return Reading.read(result);
    }

    /** Measures a method of the peer program. */
    Reading measurePeer(String python, Path program, Method method, int updates)
            throws IOException, InterruptedException {
        Path result = result(method);
        run(List.of(
                python,
                program.toString(),
                home.resolve("models/digits").toString(),
                caseFile().path().toString(),
                method.key(),
                Integer.toString(updates),
                result.toString()));
        return Reading.read(result);
    }

    private Path result(Method method) throws IOException {
        Path result = output.resolve(method.key() + ".json");
        Files.deleteIfExists(result);
        return result;
    }

    private List<String> java(List<String> more) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Dai.djl.offline=true");
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (Runtime.version().feature() >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow"); // Guice
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), UpdateProcess.class.getName()));
        command.addAll(List.of(home.toString(), output.resolve("framework").toString()));
        command.add(caseFile().path().toString());
        command.add(device);
        command.addAll(more);
        return command;
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Path log = output.resolve("process.log");
        builder.redirectOutput(log.toFile());
        builder.environment()
                .putAll(Map.of(
                        "OMP_NUM_THREADS", "1",
                        "MKL_NUM_THREADS", "1",
                        "OMP_WAIT_POLICY", "PASSIVE",
                        "ORT_DISABLE_TELEMETRY", "1",
                        "OPT_OUT_TRACKING", "true"));
        Process process = builder.start();
        try {
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                throw new IOException("no end after " + MINUTES + " minutes: " + String.join(" ", command));
            }
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new IOException("exit code " + process.exitValue() + " of " + String.join(" ", command) + "\n"
                    + Files.readString(log));
        }
    }
}
