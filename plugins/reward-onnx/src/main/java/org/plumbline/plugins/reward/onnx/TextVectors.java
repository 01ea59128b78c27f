package org.plumbline.plugins.reward.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.toolkit.onnx.OnnxFile;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;

/**
 * The direction of a prompt, by a text network. It does not depend on the image, so it needs no gradient: ONNX Runtime
 * computes it once per prompt, whatever operators the network has.
 */
final class TextVectors implements Wanted {
    /** The other input that exported text networks may have: 1 for tokens up to the end, 0 for padding. */
    private static final String MASK = "attention_mask";

    private final OrtNetwork network;
    private final ClipTokenizer tokenizer;
    private final String input;
    private final String output;
    private final boolean masked;
    private final Map<String, double[]> known = new ConcurrentHashMap<>();

    private TextVectors(OrtNetwork network, ClipTokenizer tokenizer, String input, String output, boolean masked) {
        this.network = network;
        this.tokenizer = tokenizer;
        this.input = input;
        this.output = output;
        this.masked = masked;
    }

    /**
     * Opens the text network of a configuration that has one.
     *
     * @param numbers how many numbers the image network gives
     * @throws PlumblineException {@link StandardError#WRONG_SHAPE} if the text network gives another number of them
     */
    static TextVectors open(Configuration configuration, PluginContext context, int numbers) {
        OnnxFile file = OnnxFile.read(context.resolve(Objects.requireNonNull(configuration.text())));
        List<OnnxFile.Declaration> ids = file.inputs().stream()
                .filter(declared -> configuration.textInput() == null
                        ? !declared.name().equals(MASK)
                        : declared.name().equals(configuration.textInput()))
                .toList();
        List<String> outputs =
                file.outputs().stream().map(OnnxFile.Declaration::name).toList();
        String output = configuration.textOutput() != null ? configuration.textOutput() : outputs.get(0);
        if (ids.isEmpty() || ids.get(0).shape().length != 2 || !outputs.contains(output)) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("reward 'onnx': '" + file.path()
                            + "' lacks an input [batch, length] for token ids, or output '" + output + "'")
                    .available("inputs " + file.inputs() + ", outputs " + outputs)
                    .remedy("name them by text-input and text-output")
                    .build();
        }
        long length = ids.get(0).shape()[1];
        ClipTokenizer tokenizer = ClipTokenizer.read(
                context.resolve(Objects.requireNonNull(configuration.tokenizer())),
                length == OnnxFile.FREE ? Integer.MAX_VALUE : Math.toIntExact(length));
        if (tokenizer.length() == Integer.MAX_VALUE || (length != OnnxFile.FREE && tokenizer.length() != length)) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("reward 'onnx': the tokenizer makes texts of "
                            + (tokenizer.length() == Integer.MAX_VALUE ? "any length" : tokenizer.length() + " tokens")
                            + ", and the text network takes " + ids.get(0))
                    .remedy("set model_max_length in tokenizer_config.json to the length of the network")
                    .build();
        }
        boolean masked =
                file.inputs().stream().anyMatch(declared -> declared.name().equals(MASK));
        OrtNetwork network = OrtNetwork.open(file.path());
        try {
            TextVectors vectors = new TextVectors(network, tokenizer, ids.get(0).name(), output, masked);
            int found = vectors.row("").length;
            if (found != numbers) {
                throw PlumblineException.of(StandardError.WRONG_SHAPE)
                        .asked("reward 'onnx': the text network gives " + found + " numbers, the image network "
                                + numbers)
                        .remedy("use the two networks of one model, both with their projection")
                        .build();
            }
            return vectors;
        } catch (RuntimeException failure) {
            network.close();
            throw failure;
        }
    }

    @Override
    public double[] row(String prompt) {
        return known.computeIfAbsent(prompt, this::compute).clone();
    }

    private double[] compute(String prompt) {
        long[] tokens = tokenizer.tokenize(prompt);
        double[] ids = Arrays.stream(tokens).mapToDouble(id -> id).toArray();
        Map<String, OrtNetwork.Row> inputs = new HashMap<>();
        inputs.put(input, new OrtNetwork.Row(ids, ids.length));
        if (masked) {
            double[] mask = new double[ids.length];
            for (int i = 0; i < mask.length && (i == 0 || tokens[i - 1] != tokenizer.end()); i++) {
                mask[i] = 1;
            }
            inputs.put(MASK, new OrtNetwork.Row(mask, mask.length));
        }
        return Readout.direction(network.run(output, inputs));
    }

    @Override
    public void close() {
        network.close();
    }
}
