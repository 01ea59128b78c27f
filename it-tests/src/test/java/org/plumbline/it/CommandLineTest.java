package org.plumbline.it;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.launcher.Holding;

/** The program as the shell sees it: output, messages, exit codes, traces on disk. */
class CommandLineTest {
    private record Outcome(int exitCode, String out, String err) {}

    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    private Process start(List<String> javaArguments) throws IOException {
        return start(Path.of(System.getProperty("java.home")), Runtime.version().feature(), javaArguments);
    }

    private Process start(Path java, int feature, List<String> javaArguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(java.resolve("bin/java").toString());
        command.add("-Dplumbline.home=" + App.HOME);
        if (feature >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow"); // as the script does
        }
        command.addAll(javaArguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().put("XDG_CACHE_HOME", cache.toString());
        return builder.start();
    }

    private Outcome run(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("-cp", App.HOME.resolve("lib") + "/*", "org.plumbline.launcher.Main"));
        command.addAll(List.of(arguments));
        command.addAll(List.of(
                "--plugins", Files.createDirectories(folder.resolve("more")).toString()));
        Process process = start(command);
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "still running");
        return new Outcome(
                process.exitValue(), Files.readString(folder.resolve("out")), Files.readString(folder.resolve("err")));
    }

    @Test
    void everyPluginOfTheDistributionIsListedAndNothingIsUnavailable() throws Exception {
        Outcome listed = run("plugins", "--json");
        assertEquals(0, listed.exitCode(), listed.err());
        JsonNode json = new ObjectMapper().readTree(listed.out());
        List<String> ids = json.get("plugins").findValuesAsText("id");
        assertAll(
                () -> assertTrue(
                        ids.containsAll(List.of("rlr", "adjoint-dpm", "policy-gradient", "truncated-bp", "ddim")),
                        ids.toString()),
                () -> assertEquals(0, json.get("unavailable").size(), listed.out()),
                () -> assertEquals("", listed.err()));
    }

    @Test
    void listShowsRoleIdVersionBundleAndTraits() throws Exception {
        Outcome listed = run("plugins", "--role", "estimator");
        String rlr = listed.out()
                .lines()
                .filter(line -> line.contains(" rlr "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(listed));
        assertTrue(
                rlr.matches("estimator +rlr +0\\.\\d+\\.\\d+ +org\\.plumbline\\.estimator\\.rlr +.*unbiased.*"), rlr);
        assertTrue(listed.out().lines().skip(1).allMatch(line -> line.startsWith("estimator ")), listed.out());
    }

    @Test
    void settingsOfAPluginAreListed() throws Exception {
        Outcome listed = run("plugins", "--settings", "ddim");
        assertEquals(0, listed.exitCode(), listed.err());
        assertTrue(listed.out().lines().anyMatch(line -> line.matches("eta +.*a number, 0 to 1 .*")), listed.out());
    }

    @Test
    void whyTellsTheChainOfReasons() throws Exception {
        PluginJar.reward("broken", "1.0.0", "org.example.broken")
                .imports("org.example.lib")
                .dropInto(Files.createDirectories(folder.resolve("more")), "broken.jar");
        Outcome why = run("why", "org.example.broken");
        assertEquals(0, why.exitCode(), why.err());
        assertEquals("""
                'org.example.broken' is not available:
                  bundle broken 1.0.0 does not resolve
                    bundle broken 1.0.0 needs package org.example.lib; nobody provides this package
                """, why.out().replace(System.lineSeparator(), "\n"));
        assertEquals(why.out(), run("why", "broken").out(), "by the name of the bundle");
    }

    @Test
    void whyOfWhatIsAvailableAndOfWhatNobodyKnows() throws Exception {
        assertTrue(run("why", "rlr").out().startsWith("estimator 'rlr' (org.plumbline.estimator.rlr "));
        Outcome unknown = run("why", "rllr");
        assertEquals(2, unknown.exitCode());
        assertTrue(unknown.err().startsWith("plumbline: no jar provides 'rllr'; did you mean 'rlr'?"), unknown.err());
        assertTrue(unknown.err().contains(folder.resolve("more").toString()), "names the folders to put it into");
    }

    @Test
    void mistakesInTheArgumentsEndWithCode2AndHelp() throws Exception {
        Outcome option = run("plugins", "--rolle", "estimator");
        assertEquals(2, option.exitCode());
        assertTrue(option.err().startsWith("plumbline: Unknown option"), option.err());
        Outcome command = run("plugin");
        assertEquals(2, command.exitCode());
        assertTrue(command.err().contains("plumbline plugins"), command.err());
        assertEquals("", command.out());
    }

    // ---- traces on disk

    @Test
    void nothingStaysInTheCacheAfterANormalEnd() throws Exception {
        assertEquals(0, run("plugins").exitCode());
        assertEquals(List.of("gate"), cacheContent());
    }

    @Test
    void killedHostDisturbsNobodyAndIsCleanedUpByTheNext() throws Exception {
        Process victim = holdingHost();
        List<String> before = cacheContent();
        assertEquals(3, before.size(), before.toString());

        assertEquals(0, run("plugins").exitCode(), "beside a living one");
        assertEquals(before, cacheContent(), "the living one keeps its folder");

        victim.destroyForcibly().waitFor();
        assertEquals(before, cacheContent());
        assertEquals(0, run("plugins").exitCode());
        assertEquals(List.of("gate"), cacheContent());
    }

    /** What another Java unpacked and left behind is not read, and is swept away. */
    @Test
    void killedHostOfAnotherJavaDisturbsNobodyAndIsCleanedUpByTheNext() throws Exception {
        Map.Entry<Path, Integer> other = otherJava();
        assumeTrue(other != null, "there is no other Java of at least 17 on this machine");
        Process victim = holdingHost(other.getKey(), other.getValue());
        assertEquals(3, cacheContent().size());
        victim.destroyForcibly().waitFor();
        assertEquals(3, cacheContent().size());
        Outcome listed = run("plugins", "--json");
        assertEquals(0, listed.exitCode(), listed.err());
        assertEquals(
                0, new ObjectMapper().readTree(listed.out()).get("unavailable").size(), listed.out());
        assertEquals(List.of("gate"), cacheContent());
    }

    /** The home of a Java of another version than this one, and its version; null if there is none. */
    private static Map.Entry<Path, Integer> otherJava() throws IOException {
        Path all = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(all)) {
            return null;
        }
        try (Stream<Path> homes = Files.list(all)) {
            for (Path home : homes.filter(path -> Files.isRegularFile(path.resolve("release")))
                    .filter(path -> Files.isExecutable(path.resolve("bin/java")))
                    .toList()) {
                int feature = Files.readAllLines(home.resolve("release")).stream()
                        .filter(line -> line.startsWith("JAVA_VERSION="))
                        .map(line -> line.replaceAll("\\D*(\\d+).*", "$1"))
                        .mapToInt(Integer::parseInt)
                        .findFirst()
                        .orElse(0);
                if (feature >= 17 && feature != Runtime.version().feature()) {
                    return Map.entry(home, feature);
                }
            }
        }
        return null;
    }

    @Test
    void ctrlCEndsWith130AndLeavesNothingBehind() throws Exception {
        Process host = holdingHost();
        // A process that is started in the background of a script inherits that Ctrl-C is ignored, and so do its
        // children.
        boolean ignored = interruptIsIgnored();
        assertEquals(
                0,
                new ProcessBuilder("kill", ignored ? "-TERM" : "-INT", Long.toString(host.pid()))
                        .inheritIO()
                        .start()
                        .waitFor());
        assertTrue(host.waitFor(60, TimeUnit.SECONDS), "still running");
        assertEquals(ignored ? 143 : 130, host.exitValue(), Files.readString(folder.resolve("err")));
        assertTrue(Files.readString(folder.resolve("out")).endsWith("finished its step" + System.lineSeparator()));
        assertEquals(List.of("gate"), cacheContent());
    }

    private static boolean interruptIsIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.replaceFirst("SigIgn:\\s*", ""), 16) & 0b10) != 0);
    }

    /** Another process with a host that does nothing until it is stopped. */
    private Process holdingHost() throws Exception {
        return holdingHost(
                Path.of(System.getProperty("java.home")), Runtime.version().feature());
    }

    private Process holdingHost(Path java, int feature) throws Exception {
        Process process =
                start(java, feature, List.of("-cp", System.getProperty("java.class.path"), Holding.class.getName()));
        HostFixture.eventually("the other host starts", () -> holds(folder.resolve("out")) || !process.isAlive());
        assertTrue(process.isAlive(), () -> text(folder.resolve("err")));
        return process;
    }

    private static boolean holds(Path out) {
        return text(out).contains("holding");
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    private List<String> cacheContent() throws IOException {
        try (Stream<Path> files = Files.list(cache.resolve("plumbline").resolve("framework"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
