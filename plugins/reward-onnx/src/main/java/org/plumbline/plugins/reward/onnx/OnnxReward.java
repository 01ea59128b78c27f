package org.plumbline.plugins.reward.onnx;

import jakarta.inject.Inject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.plugins.reward.onnx.Configuration.Axes;
import org.plumbline.plugins.reward.onnx.Configuration.Gradient;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.spi.reward.RewardChoice;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.toolkit.onnx.OnnxFile;
import org.plumbline.toolkit.onnx.OnnxGraph;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network from an ONNX file as a reward.
 *
 * <p>If all its operators are known the file becomes a graph: the reward is differentiable and runs, value and gradient
 * from one function, on the backend of the run. Before that the graph is held against ONNX Runtime. Otherwise the reward is
 * a black box that ONNX Runtime scores, and says which operators stand in the way.
 */
@Plugin(
        id = "onnx",
        description = "a network from an .onnx file: classifier, aesthetic score, CLIP score with a text network",
        configuration = Configuration.class)
final class OnnxReward implements RewardChoice {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxReward.class);

    private final RewardModel chosen;

    @Inject
    OnnxReward(Configuration configuration, PluginContext context) {
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            chosen = choose(configuration, context, opened);
        } catch (RuntimeException | Error failure) {
            closeAll(opened, failure);
            throw failure;
        }
    }

    @Override
    public RewardModel chosen() {
        return chosen;
    }

    private static RewardModel choose(Configuration configuration, PluginContext context, Deque<AutoCloseable> opened) {
        OnnxFile file = OnnxFile.read(context.resolve(configuration.model()));
        OnnxFile.Declaration input = imageInput(configuration, file);
        ImagePreparation preparation = preparation(configuration, file, input);
        String output = output(configuration, file);
        OrtNetwork runtime = OrtNetwork.open(file.path());
        opened.push(runtime);
        Verification verification = new Verification(runtime, output, input.name(), preparation);
        int numbers = verification.numbers();
        Wanted wanted = wanted(configuration, context, numbers);
        opened.push(wanted);
        Readout readout =
                new Readout(numbers, configuration.logSoftmax(), configuration.text() != null, configuration.scale());
        String why = "the setting gradient is none";
        if (configuration.gradient() != Gradient.NONE) {
            try {
                OnnxGraph graph = OnnxGraph.of(file, output, Map.of(input.name(), preparation.row()));
                verification.compare(graph);
                runtime.close();
                return new GraphReward(configuration.unit(), preparation, input.name(), graph, readout, wanted);
            } catch (PlumblineException refusal) {
                if (refusal.code() != StandardError.UNSUPPORTED || configuration.gradient() == Gradient.REQUIRED) {
                    throw refusal;
                }
                why = String.valueOf(refusal.getMessage());
                LOG.warn("{} Its reward is scored by ONNX Runtime and has no gradient.", why);
            }
        }
        return new ScoredReward(configuration.unit(), preparation, input.name(), output, runtime, readout, wanted, why);
    }

    private static String output(Configuration configuration, OnnxFile file) {
        List<String> names =
                file.outputs().stream().map(OnnxFile.Declaration::name).toList();
        String output = configuration.output() == null ? names.get(0) : configuration.output();
        if (!names.contains(output)) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("reward 'onnx': '" + file.path() + "' has no output '" + output + "'")
                    .available(String.join(", ", names))
                    .build();
        }
        return output;
    }

    /** The input with four axes, or the one that is named. */
    private static OnnxFile.Declaration imageInput(Configuration configuration, OnnxFile file) {
        List<OnnxFile.Declaration> found = file.inputs().stream()
                .filter(declared -> configuration.input() == null
                        ? declared.shape().length == 4
                        : declared.name().equals(configuration.input()))
                .toList();
        if (found.size() != 1 || found.get(0).shape().length != 4) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("reward 'onnx': '" + file.path() + "' has "
                            + (configuration.input() == null
                                    ? found.size() + " inputs"
                                    : "no input '" + configuration.input() + "'")
                            + " for images, with four axes")
                    .available(file.inputs().toString())
                    .remedy("name one by the setting 'input', or export the network with an image as its input")
                    .build();
        }
        return found.get(0);
    }

    private static ImagePreparation preparation(
            Configuration configuration, OnnxFile file, OnnxFile.Declaration input) {
        long[] shape = input.shape();
        boolean first = configuration.layout() == Axes.NCHW;
        int height = size("height", shape[first ? 2 : 1], configuration.height(), file, input);
        int width = size("width", shape[first ? 3 : 2], configuration.width(), file, input);
        long channels = shape[first ? 1 : 3];
        return new ImagePreparation(
                channels == OnnxFile.FREE ? 3 : Math.toIntExact(channels),
                height,
                width,
                configuration.layout(),
                configuration.range(),
                configuration.mean(),
                configuration.std(),
                configuration.resize(),
                configuration.crop());
    }

    private static int size(
            String name, long stated, @Nullable Integer wanted, OnnxFile file, OnnxFile.Declaration input) {
        if (stated == OnnxFile.FREE && wanted == null) {
            throw PlumblineException.of(StandardError.MISSING_KEY)
                    .asked("reward 'onnx': input " + input + " of '" + file.path() + "' leaves the " + name + " open")
                    .remedy("say how large its images are, for example " + name + ": 224")
                    .build();
        }
        if (stated != OnnxFile.FREE && wanted != null && wanted != stated) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("reward 'onnx': " + name + " " + wanted + " for input " + input + " of '" + file.path()
                            + "'")
                    .remedy("leave out " + name + ": the file says it")
                    .build();
        }
        return wanted != null ? wanted : Math.toIntExact(stated);
    }

    private static Wanted wanted(Configuration configuration, PluginContext context, int numbers) {
        if (configuration.text() != null && configuration.tokenizer() != null) {
            return TextVectors.open(configuration, context, numbers);
        }
        if (!configuration.classes().isEmpty()) {
            return Wanted.mentioned(configuration.classes(), numbers);
        }
        if (configuration.column() != null) {
            return Wanted.column(configuration.column(), numbers);
        }
        if (numbers != 1) {
            throw PlumblineException.of(StandardError.MISSING_KEY)
                    .asked("reward 'onnx': the output of '" + configuration.model() + "' has " + numbers
                            + " numbers, and nothing says which is the score")
                    .remedy("give column, classes, or text with tokenizer")
                    .build();
        }
        return Wanted.column(0, 1);
    }

    private static void closeAll(Deque<AutoCloseable> opened, Throwable failure) {
        for (AutoCloseable each : opened) {
            try {
                each.close();
            } catch (Exception another) {
                failure.addSuppressed(another);
            }
        }
    }
}
