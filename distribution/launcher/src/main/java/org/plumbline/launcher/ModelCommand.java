package org.plumbline.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.launcher.console.Table;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.spi.model.FloatType;
import org.plumbline.spi.model.ModelInspection;
import org.plumbline.spi.model.ModelLoader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumbline model}: looks into models and adapters, writes them in other forms, makes random models. */
@Command(
        name = "model",
        description = "Looks into models and adapters, writes them in other forms, makes models of random weights.",
        subcommands = {
            ModelCommand.Inspect.class,
            ModelCommand.Import.class,
            ModelCommand.Export.class,
            ModelCommand.Random.class
        })
final class ModelCommand {
    /** Which loader reads and writes models. */
    private static final class LoaderChoice {
        @Option(
                names = "--loader",
                paramLabel = "ID",
                defaultValue = "diffusers",
                description = "Model loader. Default: ${DEFAULT-VALUE}.")
        private String id = "";

        private Lease<ModelLoader> lease(Invocation invocation) {
            return invocation.host().catalog().lease(ModelLoader.class, id, Map.of(), Path.of(""));
        }
    }

    private static int written(Invocation invocation, Path place) {
        invocation.out().println("Written: " + place.toAbsolutePath().normalize());
        return 0;
    }

    /** {@code plumbline model inspect}: what is in a folder or file, without loading weights. */
    @Command(
            name = "inspect",
            description =
                    "Says what is in a model folder, in a file of adapters or in a checkpoint, and whether it can be run."
                            + " Weights are not loaded.")
    static final class Inspect implements HostedCommand {
        @Parameters(paramLabel = "PATH", description = "a model folder, a file of adapters, or a checkpoint")
        private Path path = Path.of("");

        @Mixin
        private LoaderChoice loader = new LoaderChoice();

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        public int run(Invocation invocation) throws JsonProcessingException {
            try (Lease<ModelLoader> lease = loader.lease(invocation)) {
                ModelInspection found = lease.get().inspect(invocation.find(path));
                if (json) {
                    invocation
                            .out()
                            .println(new ObjectMapper()
                                    .writerWithDefaultPrettyPrinter()
                                    .writeValueAsString(found));
                } else {
                    print(found, invocation.out());
                }
                return 0;
            }
        }

        private static void print(ModelInspection found, PrintWriter out) {
            out.println(found.name() + ": " + found.kind());
            if (!found.components().isEmpty()) {
                out.println();
                Table table = new Table(
                        "PART", "CLASS", "PARAMETERS", "TYPE", "SIZE", "MULTIPLY-ADDS", "KEPT", "FILES", "REMARK");
                for (ModelInspection.Component part : found.components()) {
                    ModelInspection.Cost cost = part.cost();
                    table.row(
                            part.name(),
                            part.type(),
                            parameters(part),
                            types(part.dtypes()),
                            part.bytes() == 0 ? "" : size(part.bytes()),
                            cost == null ? "" : amount(cost.multiplyAdds()),
                            cost == null ? "" : size(Float.BYTES * cost.kept()),
                            files(part.files()),
                            part.status());
                }
                table.print(out);
                if (found.components().stream().anyMatch(part -> part.cost() != null)) {
                    out.println();
                    out.println(
                            "Multiply-adds: of one sample in one call forward; a gradient has twice as many. Kept: by a"
                                    + " gradient, in float32.");
                }
            }
            if (!found.facts().isEmpty()) {
                out.println();
                int width = found.facts().keySet().stream()
                        .mapToInt(String::length)
                        .max()
                        .orElse(0);
                found.facts()
                        .forEach((name, value) -> out.println(name + " ".repeat(width - name.length() + 2) + value));
            }
            list("Cannot be used:", found.unsupported(), out);
            list("Warnings:", found.warnings(), out);
        }

        private static void list(String title, List<String> lines, PrintWriter out) {
            if (!lines.isEmpty()) {
                out.println();
                out.println(title);
                lines.forEach(line -> out.println("  " + line));
            }
        }

        /** One type by its name; several with how many tensors have each. */
        private static String types(Map<String, Integer> types) {
            return types.size() == 1
                    ? types.keySet().iterator().next()
                    : types.entrySet().stream()
                            .map(type -> type.getKey() + " " + type.getValue())
                            .collect(Collectors.joining(", "));
        }

        private static String files(List<String> files) {
            return files.size() < 2 ? String.join("", files) : files.get(0) + " and " + (files.size() - 1) + " more";
        }

        /** Those that are stored, or those that the configuration asks for where nothing is. */
        private static String parameters(ModelInspection.Component part) {
            ModelInspection.Cost cost = part.cost();
            long number = part.tensors() == 0 && cost != null ? cost.parameters() : part.parameters();
            return number == 0 ? "" : String.format(Locale.ROOT, "%,d", number);
        }

        private static String size(long bytes) {
            return scaled(bytes, List.of("B", "kB", "MB", "GB", "TB"));
        }

        private static String amount(long number) {
            return scaled(number, List.of("", "k", "M", "G", "T"));
        }

        private static String scaled(long number, List<String> units) {
            double size = number;
            int unit = 0;
            while (size >= 999.5 && unit < units.size() - 1) {
                size /= 1e3;
                unit++;
            }
            String form = unit > 0 && size < 9.95 ? "%.1f %s" : "%.0f %s";
            return String.format(Locale.ROOT, form, size, units.get(unit)).strip();
        }
    }

    /** {@code plumbline model import}: a checkpoint in one file as a model folder. */
    @Command(
            name = "import",
            description =
                    "Writes a model folder of a checkpoint of Stable Diffusion 1 or 2 that is one safetensors file, as models"
                            + " are most often shared. All weights come from the file, everything else from another"
                            + " folder.")
    static final class Import implements HostedCommand {
        @Parameters(paramLabel = "FILE", description = "the checkpoint, a safetensors file")
        private Path file = Path.of("");

        @Option(
                names = "--like",
                required = true,
                paramLabel = "FOLDER",
                description =
                        "A model folder of the same architecture, with or without weights. The configurations, the"
                                + " tokenizer and the noise schedule, with what the network predicts, are taken from it.")
        private Path like = Path.of("");

        @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder to write.")
        private Path out = Path.of("");

        @Option(
                names = "--type",
                paramLabel = "TYPE",
                description = "How numbers are stored: ${COMPLETION-CANDIDATES}. Default: as in the file.")
        private @Nullable FloatType type;

        @Mixin
        private LoaderChoice loader = new LoaderChoice();

        @Override
        public int run(Invocation invocation) {
            try (Lease<ModelLoader> lease = loader.lease(invocation)) {
                Path written = lease.get()
                        .importCheckpoint(invocation.find(file), invocation.find(like), Optional.ofNullable(type), out);
                return written(invocation, written);
            }
        }
    }

    /** {@code plumbline model export}: adapters in another form, or merged into their model. */
    @Command(
            name = "export",
            description = "Writes adapters in another form, or a model with the adapters merged into its weights.")
    static final class Export implements HostedCommand {
        /** What can be written. */
        enum Form {
            DIFFUSERS,
            PEFT,
            KOHYA,
            MERGED
        }

        @Parameters(paramLabel = "FOLDER", description = "the model that the adapters were trained on")
        private Path folder = Path.of("");

        @Option(
                names = "--lora",
                required = true,
                paramLabel = "PATH",
                description = "Adapters: a file of any form, or its folder.")
        private Path lora = Path.of("");

        @Option(
                names = "--form",
                required = true,
                paramLabel = "FORM",
                description =
                        "diffusers, peft or kohya: the adapters alone, no number changed; merged: a complete model"
                                + " folder, in the types of the model's files.")
        private Form form = Form.DIFFUSERS;

        @Option(
                names = "--out",
                required = true,
                paramLabel = "PATH",
                description = "Where to write: a folder, or for adapters a file that ends in .safetensors.")
        private Path out = Path.of("");

        @Mixin
        private LoaderChoice loader = new LoaderChoice();

        @Override
        public int run(Invocation invocation) {
            try (Lease<ModelLoader> lease = loader.lease(invocation)) {
                Path model = invocation.find(folder);
                Path adapters = invocation.find(lora);
                Path written = form == Form.MERGED
                        ? lease.get().merge(model, adapters, out)
                        : lease.get().convert(model, adapters, AdapterForm.valueOf(form.name()), out);
                return written(invocation, written);
            }
        }
    }

    /** {@code plumbline model random}: a complete model whose weights are drawn. */
    @Command(
            name = "random",
            description =
                    "Writes a complete model with random weights, to see what a size costs: 'model inspect' counts, and"
                            + " a study runs it.")
    static final class Random implements HostedCommand {
        @Parameters(paramLabel = "FOLDER", description = "a model folder; its weights, if it has any, are left out")
        private Path folder = Path.of("");

        @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder to write.")
        private Path out = Path.of("");

        @Option(
                names = "--type",
                paramLabel = "TYPE",
                description = "How numbers are stored: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
        private FloatType type = FloatType.FLOAT16;

        @Option(names = "--seed", paramLabel = "N", description = "Decides the weights. Default: ${DEFAULT-VALUE}.")
        private long seed = 1;

        @Mixin
        private LoaderChoice loader = new LoaderChoice();

        @Override
        public int run(Invocation invocation) {
            try (Lease<ModelLoader> lease = loader.lease(invocation)) {
                Path written = lease.get().random(invocation.find(folder), type, seed, out);
                return written(invocation, written);
            }
        }
    }
}
