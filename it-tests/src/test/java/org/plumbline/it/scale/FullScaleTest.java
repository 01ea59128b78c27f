package org.plumbline.it.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.launcher.Host;
import org.plumbline.spi.model.FloatType;
import org.plumbline.spi.model.ModelLoader;

/**
 * Stable Diffusion 1.5 in full shape, with random weights in float16, at 256x256: one update of adapters on one thread of
 * the CPU. It needs a disk with 8 GB free and takes some minutes.
 */
@Tag("long")
@EnabledOnOs(OS.LINUX)
class FullScaleTest {
    private static final Path HOME = Path.of(
                    System.getProperty("plumbline.home", "../distribution/app/target/plumbline"))
            .toAbsolutePath()
            .normalize();
    private static final long LIMIT = 16L << 30;
    private static final int MINUTES = 30;

    @TempDir
    static Path scratch;

    private static Path model = Path.of("");

    @BeforeAll
    static void drawWeights() throws IOException, URISyntaxException {
        Path configurations = scratch.resolve("configurations");
        Path source = Path.of(Objects.requireNonNull(FullScaleTest.class.getResource("/scale/sd15"))
                .toURI());
        copy(source, configurations);
        copy(HOME.resolve("models/digits/tokenizer"), configurations.resolve("tokenizer"));
        replace(configurations.resolve("unet/config.json"), "\"sample_size\": 64", "\"sample_size\": 32");
        replace(configurations.resolve("vae/config.json"), "\"sample_size\": 512", "\"sample_size\": 256");
        model = scratch.resolve("sd15");
        try (Host host = Host.start(new Host.Settings(
                        HOME,
                        List.of(HOME.resolve("plugins")),
                        scratch.resolve("cache"),
                        Duration.ofMinutes(1),
                        Duration.ofSeconds(10)));
                Lease<ModelLoader> loader = host.catalog().lease(ModelLoader.class, "diffusers", Map.of(), HOME)) {
            loader.get().random(configurations, FloatType.FLOAT16, 1, model);
        }
    }

    private static void replace(Path file, String from, String to) throws IOException {
        String text = Files.readString(file);
        assertTrue(text.contains(from), text);
        Files.writeString(file, text.replace(from, to));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.sorted().toList()) {
                Path place = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(place);
                } else {
                    Files.copy(file, place);
                }
            }
        }
    }

    @Test
    void one_update_by_back_propagation_through_the_last_step_fits_in_16_gib() throws Exception {
        check("truncated-bp", "{\"cutoff\": \"fixed\", \"steps\": 1}");
    }

    @Test
    void one_update_by_rlr_fits_in_16_gib() throws Exception {
        check("rlr", "{\"mode\": \"tiled-ho\", \"h\": 1, \"baseline\": \"none\"}");
    }

    private static void check(String estimator, String settings) throws IOException, InterruptedException {
        Path results = Files.createDirectories(Path.of("target/scale"));
        Path result = results.resolve(estimator + ".json").toAbsolutePath();
        Path log = results.resolve(estimator + ".log");
        Files.deleteIfExists(result);
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx3g",
                        "-XX:+UseSerialGC",
                        "-Dai.djl.offline=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OneUpdate.class.getName(),
                        HOME.toString(),
                        scratch.resolve("framework-" + estimator).toString(),
                        model.toString(),
                        estimator,
                        settings,
                        result.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment()
                .putAll(Map.of(
                        "OMP_NUM_THREADS", "1",
                        "OMP_WAIT_POLICY", "PASSIVE",
                        "ORT_DISABLE_TELEMETRY", "1",
                        "OPT_OUT_TRACKING", "true"));
        Process process = builder.start();
        try {
            assertTrue(process.waitFor(MINUTES, TimeUnit.MINUTES), "no end after " + MINUTES + " minutes");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), Files.readString(log));
        JsonNode measured = new ObjectMapper().readTree(Files.readAllBytes(result));
        // 16 transformers, two attentions of four layers; A and B of rank 4.
        assertEquals(797_184, measured.path("parameters").intValue());
        long peak = measured.path("peak resident").longValue();
        assertTrue(peak > 0 && peak < LIMIT, measured.toString());
        assertTrue(measured.path("length of the gradient").doubleValue() > 0, measured.toString());
        assertTrue(measured.path("length of the update").doubleValue() > 0, measured.toString());
        assertTrue(measured.path("calls backward").intValue() > 0, measured.toString());
    }
}
