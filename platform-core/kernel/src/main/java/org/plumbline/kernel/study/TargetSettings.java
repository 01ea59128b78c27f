package org.plumbline.kernel.study;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.plugin.Setting;

/** What a study trains, as its author wrote it. */
public record TargetSettings(
        @Setting(description = "lora, full, conditioning or initial-noise", defaultValue = "lora")
        Kind kind,

        @Setting(
                description = "inner size of the adapters; default: 4, or that of the file they start from",
                min = 1,
                max = 4096)
        @Nullable
        Integer rank,

        @Setting(description = "scale of the adapters; default: the rank, or that of the file they start from", min = 0)
        @Nullable
        Double alpha,

        @Setting(
                description = "ends of module names for lora, parts of weight names for full; default: to_q, to_k,"
                        + " to_v, to_out.0, or those of the file that adapters start from")
        @Nullable
        List<String> modules,

        @Setting(
                description = "how adapters are saved: for diffusers, for peft, or as kohya's tools do",
                defaultValue = "diffusers")
        AdapterForm form,

        @Setting(
                description = "adapters to start from: a file in any of these forms, or its folder; rank, alpha and"
                        + " modules are then the file's")
        @Nullable
        String start) {
    private static final int RANK = 4;
    private static final List<String> MODULES = List.of("to_q", "to_k", "to_v", "to_out.0");

    /** The kinds of target. */
    public enum Kind {
        LORA,
        FULL,
        CONDITIONING,
        INITIAL_NOISE
    }

    /** The target for the SPI, with the file it starts from as it was named. */
    public TrainableTarget toTarget() {
        return toTarget(Path::of);
    }

    /**
     * The target for the SPI.
     *
     * @param find the file of this name
     */
    public TrainableTarget toTarget(Function<String, Path> find) {
        if (start != null && kind != Kind.LORA) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("target: adapters to start from, '" + start + "', where no adapters are trained")
                    .available("start with kind: lora")
                    .build();
        }
        requireUsed("rank", rank != null, kind == Kind.LORA, "lora");
        requireUsed("alpha", alpha != null, kind == Kind.LORA, "lora");
        requireUsed("form", form != AdapterForm.DIFFUSERS, kind == Kind.LORA, "lora");
        boolean named = modules != null && !modules.isEmpty();
        requireUsed("modules", named, kind == Kind.LORA || kind == Kind.FULL, "lora or full");
        List<String> chosen = modules == null ? MODULES : modules;
        return switch (kind) {
            case LORA ->
                start == null
                        ? new TrainableTarget.Lora(size(), alpha == null ? size() : alpha, chosen, form)
                        : new TrainableTarget.StoredLora(
                                find.apply(start),
                                Optional.ofNullable(rank),
                                Optional.ofNullable(alpha),
                                modules == null ? List.of() : modules,
                                form);
            case FULL -> new TrainableTarget.Full(chosen);
            case CONDITIONING -> new TrainableTarget.Conditioning();
            case INITIAL_NOISE -> new TrainableTarget.InitialNoise();
        };
    }

    private void requireUsed(String key, boolean said, boolean used, String kinds) {
        if (said && !used) {
            throw PlumblineException.of(StandardError.INCOMPATIBLE)
                    .asked("target." + key + " with kind: "
                            + kind.name().toLowerCase(Locale.ROOT).replace('_', '-') + ", where it has no effect")
                    .available(key + " with kind: " + kinds)
                    .remedy("leave " + key + " out, or choose another kind")
                    .build();
        }
    }

    private int size() {
        return rank == null ? RANK : rank;
    }

    /** What is trained, in words. */
    String inWords() {
        String chosen = String.join(", ", modules == null ? MODULES : modules);
        return switch (kind) {
            case LORA -> start == null ? "LoRA of rank " + size() + " on " + chosen : "LoRA that starts from " + start;
            case FULL -> "weights of " + chosen;
            case CONDITIONING -> "the encoded prompts";
            case INITIAL_NOISE -> "the initial noise";
        };
    }
}
