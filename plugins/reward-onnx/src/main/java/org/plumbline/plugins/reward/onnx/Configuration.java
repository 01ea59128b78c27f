package org.plumbline.plugins.reward.onnx;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.toolkit.image.Resampling;

/**
 * Settings: what the file does not say of itself.
 *
 * @param model the file
 * @param input which input takes images
 * @param output which output is the score, or holds it
 * @param layout order of the axes of an image
 * @param range what black and white are
 * @param mean subtracted from each channel, after the range
 * @param std divides each channel
 * @param height of the network's images, where the file leaves it open
 * @param width of the network's images, where the file leaves it open
 * @param resize how images of another size are resized
 * @param crop whether the shorter side is resized and the middle kept
 * @param column which number of the output is the score
 * @param classes names of the columns, of which the prompt mentions one
 * @param logSoftmax whether the logarithm of the softmax is taken first
 * @param text a text network whose output the image's is compared with
 * @param textInput which of its inputs takes token ids
 * @param textOutput which of its outputs is compared
 * @param tokenizer folder of its tokenizer
 * @param scale factor of the score
 * @param unit of the score
 * @param gradient whether to read the file as a graph
 */
record Configuration(
        @Setting(description = "the .onnx file; its external data lie beside it")
        String model,

        @Setting(description = "name of the input that takes images; needed if several have four axes") @Nullable
        String input,

        @Setting(description = "name of the output that is used; without it, the first") @Nullable
        String output,

        @Setting(description = "nchw: channels, height, width; nhwc: height, width, channels", defaultValue = "nchw")
        Axes layout,

        @Setting(
                description =
                        "what black and white are for the network: unit 0 and 1, symmetric -1 and 1, bytes 0 and 255",
                defaultValue = "unit")
        Range range,

        @Setting(description = "subtracted from the channels, one number or one each, after range", defaultValue = "0")
        List<Double> mean,

        @Setting(description = "divides the channels, one number or one each", defaultValue = "1", min = 1e-9)
        List<Double> std,

        @Setting(description = "height in pixels of the network's images, where the file leaves it open", min = 1)
        @Nullable
        Integer height,

        @Setting(description = "width in pixels of the network's images, where the file leaves it open", min = 1)
        @Nullable
        Integer width,

        @Setting(
                description = "how images of another size are resized: nearest, bilinear or bicubic, as Pillow does",
                defaultValue = "bicubic")
        Resampling resize,

        @Setting(
                description = "resize the shorter side and keep the middle, instead of squeezing both sides",
                defaultValue = "true")
        boolean crop,

        @Setting(description = "which number of the output is the score, counted from 0", min = 0) @Nullable
        Integer column,

        @Setting(
                description = "names of the output's columns; the score is the one whose name the prompt contains",
                defaultValue = "[]")
        List<String> classes,

        @Setting(
                description = "take the logarithm of the softmax of the output first, for classifiers that give logits",
                defaultValue = "false")
        boolean logSoftmax,

        @Setting(
                description =
                        "a second .onnx file that turns the prompt's tokens into a vector; the score is the cosine with the output")
        @Nullable
        String text,

        @Setting(description = "name of the text network's input for token ids; without it, the first") @Nullable
        String textInput,

        @Setting(description = "name of the text network's output; without it, the first") @Nullable
        String textOutput,

        @Setting(description = "folder with vocab.json and merges.txt of the text network's tokenizer (CLIP)") @Nullable
        String tokenizer,

        @Setting(description = "factor of the score", defaultValue = "1")
        double scale,

        @Setting(description = "what one unit of the score is, for plots", defaultValue = "score")
        String unit,

        @Setting(
                description =
                        "auto: read the file as a graph with a gradient if possible; required: refuse it otherwise;"
                                + " none: score only, by ONNX Runtime",
                defaultValue = "auto")
        Gradient gradient) {
    /** Order of the axes of an image. */
    enum Axes {
        NCHW,
        NHWC
    }

    /** What black and white are. */
    enum Range {
        UNIT(1, 0),
        SYMMETRIC(2, -1),
        BYTES(255, 0);

        private final double factor;
        private final double black;

        Range(double factor, double black) {
            this.factor = factor;
            this.black = black;
        }

        double factor() {
            return factor;
        }

        double black() {
            return black;
        }
    }

    /** Whether the reward is to be differentiable. */
    enum Gradient {
        AUTO,
        REQUIRED,
        NONE
    }

    Configuration {
        int ways = (column == null ? 0 : 1) + (classes.isEmpty() ? 0 : 1) + (text == null ? 0 : 1);
        require(ways <= 1, "column, classes and text each say what the score is", "at most one of them");
        require(
                text == null == (tokenizer == null),
                "text without tokenizer, or tokenizer without text",
                "both, or none");
        require(text == null || !logSoftmax, "log-softmax of a vector that is compared with a text", "one of them");
        require(Double.isFinite(scale) && scale != 0, "scale " + scale, "a finite number other than 0");
    }

    private static void require(boolean fits, String asked, String available) {
        if (!fits) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("reward 'onnx': " + asked)
                    .available(available)
                    .build();
        }
    }
}
