package org.plumbline.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Guidance;
import org.plumbline.kernel.plugin.ModelSampler;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.sample.PromptFile;
import org.plumbline.kernel.sample.SampleJob;
import org.plumbline.kernel.sample.SampleRequest;
import org.plumbline.kernel.sample.Sampled;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.file.AtomicFile;
import org.plumbline.toolkit.image.ImageGrid;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumbline sample}: images from a model folder, as one picture. */
@Command(
        name = "sample",
        description = {
            "Samples images from a model and writes them as one picture, a row for every prompt and a column for every"
                    + " seed; beside it a file that says how it was made.",
            "Example: plumbline sample models/digits --prompt \"a bold three\" --prompt \"a thin three\" --count 8"
        })
final class SampleCommand implements HostedCommand {
    /** Small images are enlarged until they are at least this wide. */
    private static final int READABLE = 64;

    @Parameters(paramLabel = "MODEL", description = "Folder of the model.")
    private Path model = Path.of("");

    @Option(names = "--prompt", paramLabel = "TEXT", description = "What to show; may be repeated.")
    private List<String> prompts = new ArrayList<>();

    @Option(names = "--prompts", paramLabel = "FILE", description = "A text file with one prompt per line.")
    private @Nullable Path promptFile;

    @Option(
            names = "--negative-prompt",
            paramLabel = "TEXT",
            defaultValue = "",
            description = "What guidance leads away from.")
    private String negativePrompt = "";

    @Option(
            names = "--guidance",
            paramLabel = "W",
            defaultValue = "1",
            description = "Weight of classifier-free guidance; default: ${DEFAULT-VALUE}, none.")
    private double guidance;

    @Option(
            names = "--guidance-rescale",
            paramLabel = "PHI",
            defaultValue = "0",
            description = "How much of the guided prediction is scaled back, 0 to 1; default: ${DEFAULT-VALUE}.")
    private double rescale;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "20",
            description = "Steps of the sampler; default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1",
            description = "The first seed; default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "4",
            description = "Images per prompt, each with the next seed; default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(names = "--seeds", paramLabel = "S", split = ",", description = "Exactly these seeds, instead.")
    private List<Long> seeds = new ArrayList<>();

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "8",
            description = "Images that are sampled at a time; default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--sampler",
            paramLabel = "ID",
            defaultValue = ModelSampler.ID,
            description = "The sampler; default: the model's own.")
    private String sampler = "";

    @Option(
            names = "--sampler-setting",
            paramLabel = "KEY=VALUE",
            description = "A setting of it, for example eta=1; may be repeated.")
    private Map<String, String> samplerSettings = new LinkedHashMap<>();

    @Option(
            names = "--lora",
            paramLabel = "FILE",
            description = "Adapters that are added to the model: a file in the form of diffusers, peft or kohya, or its"
                    + " folder.")
    private @Nullable Path lora;

    @Option(
            names = "--backend",
            paramLabel = "ID",
            defaultValue = "djl-pytorch",
            description = "The compute backend; default: ${DEFAULT-VALUE}.")
    private String backend = "";

    @Option(
            names = "--backend-setting",
            paramLabel = "KEY=VALUE",
            description = "A setting of it, for example device=cuda; may be repeated.")
    private Map<String, String> backendSettings = new LinkedHashMap<>();

    @Option(
            names = "--loader",
            paramLabel = "ID",
            defaultValue = "diffusers",
            description = "What reads the model; default: ${DEFAULT-VALUE}.")
    private String loader = "";

    @Option(names = "--loader-setting", paramLabel = "KEY=VALUE", description = "A setting of it; may be repeated.")
    private Map<String, String> loaderSettings = new LinkedHashMap<>();

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "The picture; default: samples.png here, or the next free name like it.")
    private @Nullable Path output;

    @Option(
            names = "--each",
            paramLabel = "DIR",
            description = "Write every image as a file of its own into this folder, too.")
    private @Nullable Path each;

    @Option(
            names = "--enlarge",
            paramLabel = "N",
            description = "Draw every pixel as N by N; default: 1, more for images of less than 64 pixels.")
    private @Nullable Integer enlarge;

    @Override
    public int run(Invocation invocation) {
        SampleRequest request = request(invocation);
        Path picture = output != null ? output : freeName();
        if (request.guidance().weight() == 1 && (!negativePrompt.isEmpty() || rescale > 0)) {
            invocation
                    .progress()
                    .say("--negative-prompt and --guidance-rescale act through guidance, which is off:"
                            + " give --guidance a weight, for example 7.5");
        }
        Sampled sampled = new SampleJob(
                        invocation.host().catalog(), Path.of(""), invocation.progress(), invocation.interruption())
                .run(request);
        write(sampled, request, picture);
        invocation.out().println("Picture: " + picture.toAbsolutePath().normalize());
        return 0;
    }

    private SampleRequest request(Invocation invocation) {
        List<String> texts = new ArrayList<>(prompts);
        if (promptFile != null) {
            texts.addAll(PromptFile.read(promptFile));
        }
        if (texts.isEmpty()) {
            texts.add("");
        }
        List<Long> chosen = seeds;
        if (chosen.isEmpty()) {
            require(count >= 1, "--count " + count, "1 or more");
            chosen = LongStream.range(seed, seed + count).boxed().toList();
        }
        require(steps >= 1, "--steps " + steps, "1 or more");
        require(batch >= 1, "--batch " + batch, "1 or more");
        require(guidance >= 0, "--guidance " + guidance, "0 or more; 1 is none");
        require(rescale >= 0 && rescale <= 1, "--guidance-rescale " + rescale, "0 to 1");
        require(enlarge == null || enlarge >= 1, "--enlarge " + enlarge, "1 or more");
        return new SampleRequest(
                use(loader, loaderSettings, "loader"),
                invocation.find(model),
                lora == null ? null : invocation.find(lora),
                BackendChoice.of(PluginSection.of(backend, backendSettings)),
                use(sampler, samplerSettings, "sampler"),
                steps,
                new Guidance(guidance, rescale, negativePrompt),
                texts,
                chosen,
                batch);
    }

    private static void require(boolean holds, String asked, String available) {
        if (!holds) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked(asked)
                    .available(available)
                    .build();
        }
    }

    private static PluginUse use(String id, Map<String, String> settings, String where) {
        return PluginUse.of(PluginSection.of(id, settings), where);
    }

    /** samples.png, samples-2.png, ...: what was sampled before is kept. */
    private static Path freeName() {
        Path free = Path.of("samples.png");
        for (int i = 2; Files.exists(free); i++) {
            free = Path.of("samples-" + i + ".png");
        }
        return free;
    }

    private void write(Sampled sampled, SampleRequest request, Path picture) {
        int factor = enlarge != null
                ? enlarge
                : Math.max(
                        1,
                        (READABLE + sampled.images().width() - 1)
                                / sampled.images().width());
        ImageGrid grid = ImageGrid.of(sampled.images(), request.seeds().size()).scaled(factor);
        if (request.prompts().stream().anyMatch(prompt -> !prompt.isEmpty())) {
            grid = grid.labelled(request.prompts());
        }
        AtomicFile.write(picture, ByteBuffer.wrap(grid.png()));
        AtomicFile.write(
                picture.resolveSibling(picture.getFileName() + ".json"),
                ByteBuffer.wrap(description(sampled, request).getBytes(StandardCharsets.UTF_8)));
        if (each != null) {
            for (int i = 0; i < sampled.images().rows(); i++) {
                String name = "%03d-%d.png"
                        .formatted(
                                i / request.seeds().size() + 1, sampled.seeds().get(i));
                byte[] png =
                        ImageGrid.of(sampled.images().row(i), 1).scaled(factor).png();
                AtomicFile.write(each.resolve(name), ByteBuffer.wrap(png));
            }
        }
    }

    private String description(Sampled sampled, SampleRequest request) {
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("model", model.toString());
        made.put("lora", lora == null ? "" : lora.toString());
        made.put("prompts", request.prompts());
        made.put("seeds", request.seeds());
        made.put("negative-prompt", negativePrompt);
        made.put("guidance", guidance);
        made.put("guidance-rescale", rescale);
        made.put("steps", steps);
        made.put("sampler", PluginSection.of(sampler, samplerSettings));
        made.put("sampler-program", sampled.sampler());
        made.put("loader", PluginSection.of(loader, loaderSettings));
        made.put("backend", PluginSection.of(backend, backendSettings));
        made.put("backend-description", sampled.backend());
        made.put("batch", batch);
        try {
            return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(made) + "\n";
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
