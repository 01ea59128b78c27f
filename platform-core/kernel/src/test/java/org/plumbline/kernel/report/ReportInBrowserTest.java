package org.plumbline.kernel.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opens the report as a reader does. Runs where Chromium is installed. */
class ReportInBrowserTest {
    private static final String MEASURE = """
            <script>
              document.body.dataset.page = document.documentElement.scrollWidth;
              document.body.dataset.window = innerWidth;
              document.body.dataset.tips = document.querySelectorAll('[data-says]').length;
              document.querySelector('nav button').click();
              document.body.dataset.hidden = document.querySelectorAll('.t0.off').length === document.querySelectorAll('.t0').length;
            </script>
            """;

    @TempDir
    Path temporary;

    private String chromium;

    /** What a browser made of a page: the document after scripts ran, and what was said on the console. */
    private record Opened(String document, List<String> console) {
        String measured(String name) {
            String start = "data-" + name + "=\"";
            int at = document.indexOf(start) + start.length();
            assertTrue(at >= start.length(), name + " was not measured");
            return document.substring(at, document.indexOf('"', at));
        }
    }

    @BeforeEach
    void findChromium() {
        Optional<Path> found = Stream.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
                .flatMap(name -> Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(found.isPresent(), "Chromium is not installed");
        chromium = found.get().toString();
    }

    private Opened open(Path page, int width) throws IOException, InterruptedException {
        Path document = temporary.resolve("document.html");
        Path said = temporary.resolve("said.txt");
        Process browser = new ProcessBuilder(
                        chromium,
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--enable-logging=stderr",
                        "--user-data-dir=" + temporary.resolve("profile"),
                        "--window-size=" + width + ",900",
                        "--dump-dom",
                        page.toAbsolutePath().toUri().toString())
                .redirectOutput(document.toFile())
                .redirectError(said.toFile())
                .start();
        if (!browser.waitFor(120, TimeUnit.SECONDS)) {
            browser.destroyForcibly();
            throw new AssertionError("the browser did not end");
        }
        List<String> console = Files.readAllLines(said).stream()
                .filter(line -> line.contains(":CONSOLE"))
                .toList();
        return new Opened(Files.readString(document), console);
    }

    private Path measured(Path report) throws IOException {
        String page = Files.readString(report);
        return Files.writeString(temporary.resolve("measured.html"), page.replace("</body>", MEASURE + "</body>"));
    }

    @Test
    void theReportRunsWithoutAWordOnTheConsole() throws Exception {
        Path report = Report.write(
                new SyntheticRun(SyntheticRun.FIVE, List.of(1L, 2L, 3L), 30).finished(temporary.resolve("run")));
        Opened opened = open(measured(report), 1200);
        assertEquals(List.of(), opened.console());
        assertTrue(opened.document().contains("class=\"scripted\""), "the script ran to its first line");
        assertTrue(Integer.parseInt(opened.measured("tips")) > 100, "points tell their values");
        assertEquals("true", opened.measured("hidden"), "a click on a trial hides it everywhere");
    }

    @Test
    void aPhoneShowsThePageWithoutScrollingSideways() throws Exception {
        Path report = Report.write(
                new SyntheticRun(SyntheticRun.FIVE, List.of(1L, 2L, 3L), 30).goingOn(temporary.resolve("run")));
        Opened opened = open(measured(report), 390);
        int window = Integer.parseInt(opened.measured("window"));
        assertTrue(window <= 500, "the window is narrow: " + window);
        int page = Integer.parseInt(opened.measured("page"));
        assertTrue(page <= window, page + " pixels in a window of " + window);
    }

    @Test
    void anErrorOnTheConsoleWouldBeSeen() throws Exception {
        Path broken = Files.writeString(
                temporary.resolve("broken.html"),
                "<!DOCTYPE html><body><script>document.missing.call()</script></body>");
        Opened opened = open(broken, 800);
        assertEquals(1, opened.console().size(), opened.console().toString());
        assertTrue(
                opened.console().get(0).contains("TypeError"), opened.console().toString());
    }
}
