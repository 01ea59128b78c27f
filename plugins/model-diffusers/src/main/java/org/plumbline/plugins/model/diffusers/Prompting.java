package org.plumbline.plugins.model.diffusers;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.plumbline.plugins.model.diffusers.ModelFolder.Text;
import org.plumbline.plugins.model.diffusers.config.ConfigFile;
import org.plumbline.plugins.model.diffusers.network.ClassGraph;
import org.plumbline.plugins.model.diffusers.network.ClipTextGraph;
import org.plumbline.plugins.model.diffusers.network.ClipTextModel;
import org.plumbline.plugins.model.diffusers.network.Conditioning;
import org.plumbline.plugins.model.diffusers.network.PackedCondition;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.TwoTextsGraph;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.model.Tokenizer;
import org.plumbline.toolkit.tokenizer.ClipTokenizer;

/**
 * A model's way from a prompt to a condition, without weights. The weights of a text network are called as in its files
 * behind the name of its part, {@code text_encoder.text_model...}.
 *
 * @param tokenizer from the prompt to ids
 * @param graph from ids to the condition
 * @param tokens rows of the condition that stand for tokens
 */
record Prompting(Tokenizer tokenizer, GraphDefinition graph, int tokens) {
    /** Rows of zeros in the place of a third text network that a transformer can do without. */
    private static final int ABSENT_TOKENS = 256;

    private static final String GRAPH = "text encoder";

    /**
     * Joins the parts of a folder.
     *
     * @return empty for a model that takes no condition
     * @throws PlumblineException if they do not fit together
     */
    static Optional<Prompting> of(ModelFolder folder) {
        Conditioning conditioning = folder.denoiser().conditioning();
        if (conditioning instanceof Conditioning.OfClass classes) {
            return Optional.of(ofClasses(folder, classes));
        }
        if (conditioning instanceof Conditioning.Text text) {
            return Optional.of(
                    switch (folder.texts().size()) {
                        case 1 -> ofOneText(folder, text);
                        case 2 -> ofTwoTexts(folder, text);
                        default ->
                            throw refusal(StandardError.UNSUPPORTED, "'" + folder.path() + "' lists no text_encoder");
                    });
        }
        return Optional.empty();
    }

    private static Prompting ofClasses(ModelFolder folder, Conditioning.OfClass conditioning) {
        if (conditioning.classes() == 0) {
            throw config(folder).unsupported("class_embed_type", "null: a vector per class");
        }
        Map<String, Integer> names = new HashMap<>();
        folder.index().file().textMapIfPresent("id2label").forEach((number, labels) -> {
            for (String label : labels.split(",", -1)) {
                names.put(label.strip().toLowerCase(Locale.ROOT), Integer.parseInt(number));
            }
        });
        Tokenizer tokenizer = new ClassTokenizer(conditioning.classes(), names);
        return new Prompting(tokenizer, new ClassGraph("classes", conditioning.classes()), 1);
    }

    private static Prompting ofOneText(ModelFolder folder, Conditioning.Text conditioning) {
        Text text = folder.texts().get(0);
        if (conditioning.pooled() != 0) {
            throw refusal(
                    StandardError.UNSUPPORTED,
                    "the " + folder.denoiserPart() + " of '" + folder.path()
                            + "' takes the vector of a whole prompt, and there is one text network, " + text.part());
        }
        if (text.config().width() != conditioning.width()) {
            throw config(folder)
                    .bad(
                            "cross_attention_dim",
                            "the text network's hidden_size " + text.config().width());
        }
        ClipTokenizer tokenizer = open(folder, text);
        return new Prompting(
                tokenizer, new ClipTextGraph(GRAPH, network(text), tokenizer.length()), tokenizer.length());
    }

    private static Prompting ofTwoTexts(ModelFolder folder, Conditioning.Text conditioning) {
        Text first = folder.texts().get(0);
        Text second = folder.texts().get(1);
        boolean transformer = folder.denoiserPart().equals(ModelFolder.TRANSFORMER);
        int width = first.config().width() + second.config().width();
        if (transformer ? width > conditioning.width() : width != conditioning.width()) {
            throw refusal(
                    StandardError.WRONG_SHAPE,
                    "the text networks of '" + folder.path() + "' give vectors of "
                            + first.config().width() + " and " + second.config().width()
                            + " numbers, the " + folder.denoiserPart() + " takes " + conditioning.width());
        }
        int pooled = second.config().projected() + (transformer ? first.config().projected() : 0);
        if (pooled != conditioning.pooled()) {
            throw refusal(
                    StandardError.WRONG_SHAPE,
                    "the text networks of '" + folder.path() + "' give " + pooled
                            + " numbers for a whole prompt, the " + folder.denoiserPart() + " takes "
                            + conditioning.pooled());
        }
        ClipTokenizer one = open(folder, first);
        ClipTokenizer two = open(folder, second);
        if (one.length() != two.length()) {
            throw refusal(
                    StandardError.WRONG_SHAPE,
                    "the tokenizers of '" + folder.path() + "' give " + one.length() + " and " + two.length()
                            + " tokens");
        }
        int rows = one.length() + (transformer ? ABSENT_TOKENS : 0);
        PackedCondition packed = conditioning.packed(rows);
        boolean zeros = folder.index().file().flag("force_zeros_for_empty_prompt", false);
        GraphDefinition graph = new TwoTextsGraph(
                GRAPH,
                network(first),
                network(second),
                one.length(),
                packed,
                transformer,
                zeros ? OptionalLong.of(one.end()) : OptionalLong.empty());
        return new Prompting(new TwoTokenizers(one, two), graph, rows);
    }

    private static ClipTextModel network(Text text) {
        return new ClipTextModel(Scope.root(text.part() + "."), text.config());
    }

    private static ConfigFile config(ModelFolder folder) {
        return ConfigFile.read(folder.path().resolve(folder.denoiserPart()).resolve("config.json"));
    }

    private static ClipTokenizer open(ModelFolder folder, Text text) {
        ClipTokenizer tokenizer = ClipTokenizer.read(
                folder.path().resolve(text.tokenizer()), text.config().positions());
        if (tokenizer.largestId() >= text.config().vocabulary()) {
            throw PlumblineException.of(StandardError.WRONG_SHAPE)
                    .asked("the tokenizer of '" + folder.path() + "' has ids up to " + tokenizer.largestId()
                            + ", its text network a vocabulary of "
                            + text.config().vocabulary())
                    .remedy("use " + text.tokenizer() + " and " + text.part() + " of one model")
                    .build();
        }
        return tokenizer;
    }

    private static PlumblineException refusal(StandardError code, String what) {
        return PlumblineException.of(code)
                .asked(what)
                .available("one text network for a unet; two CLIP text networks, text_encoder and text_encoder_2, for a"
                        + " denoiser that takes the vector of a whole prompt")
                .build();
    }
}
