package org.plumbline.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
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

    /** The largest square that a pixel may become. */
    private static final int LARGEST_PIXEL = 64;

    /** The largest picture, as many pixels as a gigabyte of memory holds. */
    private static final long LARGEST_PICTURE = 1L << 28;

    private static final long FIRST_SEED = 1;
    private static final int IMAGES_PER_PROMPT = 4;

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

    @Option(names = "--seed", paramLabel = "S", description = "The first seed; default: " + FIRST_SEED + ".")
    private @Nullable Long seed;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "Images per prompt, each with the next seed; default: " + IMAGES_PER_PROMPT + ".")
    private @Nullable Integer count;

    @Option(
            names = "--seeds",
            paramLabel = "S",
            split = ",",
            description = "Exactly these seeds, in the place of --seed and --count.")
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
            description =
                    "The picture, a name that ends in .png or .apng; what is there is replaced. Default: samples.png"
                            + " here, or the next free name like it.")
    private @Nullable Path output;

    @Option(
            names = "--each",
            paramLabel = "DIR",
            description =
                    "Write every image as a file of its own into this folder, too, named by the number of its prompt"
                            + " and its seed.")
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
        requireWritable(picture);
        if (request.guidance().weight() == 1 && (!negativePrompt.isEmpty() || rescale > 0)) {
            invocation
                    .progress()
                    .say("--negative-prompt and --guidance-rescale act through guidance, which is off:"
                            + " give --guidance a weight, for example 7.5");
        }
        Sampled sampled = new SampleJob(
                        invocation.host().catalog(), Path.of(""), invocation.progress(), invocation.interruption())
                .run(request);
        warnOfNaN(sampled, invocation);
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
        require(steps >= 1, "--steps " + steps, "1 or more");
        require(batch >= 1, "--batch " + batch, "1 or more");
        require(guidance >= 0 && Double.isFinite(guidance), "--guidance " + guidance, "0 or more; 1 is none");
        require(rescale >= 0 && rescale <= 1, "--guidance-rescale " + rescale, "0 to 1");
        require(
                enlarge == null || (enlarge >= 1 && enlarge <= LARGEST_PIXEL),
                "--enlarge " + enlarge,
                "1 to " + LARGEST_PIXEL);
        return new SampleRequest(
                use(loader, loaderSettings, "loader"),
                invocation.find(model),
                lora == null ? null : invocation.find(lora),
                BackendChoice.of(PluginSection.of(backend, backendSettings)),
                use(sampler, samplerSettings, "sampler"),
                steps,
                new Guidance(guidance, rescale, negativePrompt),
                texts,
                chosenSeeds(),
                batch);
    }

    private List<Long> chosenSeeds() {
        if (!seeds.isEmpty()) {
            require(seed == null && count == null, "--seeds beside --seed or --count", "--seeds, or the other two");
            require(
                    new HashSet<>(seeds).size() == seeds.size(),
                    "the same seed twice in --seeds, which gives the same image twice",
                    "seeds that differ");
            return seeds;
        }
        long first = seed != null ? seed : FIRST_SEED;
        int number = count != null ? count : IMAGES_PER_PROMPT;
        require(number >= 1, "--count " + number, "1 or more");
        long largest = Long.MAX_VALUE - number;
        require(first <= largest, "--seed " + first + " with --count " + number, "seeds up to " + largest);
        return LongStream.range(first, first + number).boxed().toList();
    }

    /** What cannot be written is better known before the sampling than after it. */
    private void requireWritable(Path picture) {
        String name = String.valueOf(picture.getFileName()).toLowerCase(Locale.ROOT);
        require(
                name.endsWith(".png") || name.endsWith(".apng"),
                "--output " + picture,
                "names that end in .png, or .apng for videos: pictures are written in no other format");
        if (Files.isDirectory(picture) || !creatable(picture.toAbsolutePath().getParent())) {
            throw unwritable("--output " + picture);
        }
        if (each != null && !creatable(each.toAbsolutePath())) {
            throw unwritable("--each " + each);
        }
    }

    /** True for a folder that may be written to, or that can be made. */
    private static boolean creatable(@Nullable Path folder) {
        Path there = folder;
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        return there != null && Files.isDirectory(there) && Files.isWritable(there);
    }

    private static PlumblineException unwritable(String asked) {
        return PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                .asked(asked + ", which cannot be written")
                .remedy("name a place in a folder that you may write to")
                .build();
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

    /** Numbers that are none are drawn black, as a picture may be that is all right. */
    private static void warnOfNaN(Sampled sampled, Invocation invocation) {
        long spoilt = IntStream.range(0, sampled.images().rows())
                .mapToObj(sampled.images()::row)
                .filter(image -> !Arrays.stream(image.pixels()).allMatch(Double::isFinite))
                .count();
        if (spoilt > 0) {
            invocation
                    .progress()
                    .say(spoilt + " of " + sampled.images().rows() + " images have pixels that are not finite, drawn in"
                            + " black or white: lower --guidance, take more --steps, or look at the model's weights");
        }
    }

    private void write(Sampled sampled, SampleRequest request, Path picture) {
        int factor = enlarge != null
                ? enlarge
                : Math.max(
                        1,
                        (READABLE + sampled.images().width() - 1)
                                / sampled.images().width());
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
        long width = (long) sampled.images().width() * factor;
        long height = (long) sampled.images().height() * factor;
        require(
                width * height * sampled.images().rows() <= LARGEST_PICTURE,
                "one picture of " + sampled.images().rows() + " images of " + width + " x " + height + " pixels",
                "up to " + LARGEST_PICTURE + " pixels: a smaller --enlarge, fewer images"
                        + (each == null ? ", or --each for files of their own" : "; those of --each are written"));
        ImageGrid grid = ImageGrid.of(sampled.images(), request.seeds().size()).scaled(factor);
        if (request.prompts().stream().anyMatch(prompt -> !prompt.isEmpty())) {
            grid = grid.labelled(request.prompts());
        }
        AtomicFile.write(picture, ByteBuffer.wrap(grid.png()));
        AtomicFile.write(
                picture.resolveSibling(picture.getFileName() + ".json"),
                ByteBuffer.wrap(description(sampled, request).getBytes(StandardCharsets.UTF_8)));
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
