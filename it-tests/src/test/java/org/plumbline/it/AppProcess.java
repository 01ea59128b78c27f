package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The application in processes of its own, as a user starts it in a folder. What a process prints is in two files there.
 *
 * @param folder the working directory
 */
record AppProcess(Path folder) {
    /** Starts a command; it prints into {@code out} and {@code err}. */
    Process start(String... arguments) throws IOException {
        return startAs("", arguments);
    }

    /**
     * Starts a command beside another one.
     *
     * @param name in front of {@code out} and {@code err}
     */
    Process startAs(String name, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Dplumbline.home=" + App.HOME,
                "-Dai.djl.offline=true"));
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"));
        }
        command.addAll(List.of("-cp", App.HOME.resolve("lib") + "/*", "org.plumbline.launcher.Main"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve(name + "out").toFile())
                .redirectError(folder.resolve(name + "err").toFile());
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        builder.environment().put("XDG_RUNTIME_DIR", folder.toString());
        return builder.start();
    }

    /** Runs a command to its end, and returns its exit code. */
    int run(String... arguments) throws Exception {
        return ended(start(arguments));
    }

    /** Runs a command beside another one to its end. */
    int runAs(String name, String... arguments) throws Exception {
        return ended(startAs(name, arguments));
    }

    /** Waits for a process, and returns its exit code. */
    static int ended(Process process) throws InterruptedException {
        assertTrue(process.waitFor(300, TimeUnit.SECONDS), "still running");
        return process.exitValue();
    }

    /** What is in a file of the folder. */
    String text(String file) throws IOException {
        return Files.readString(folder.resolve(file));
    }
}
