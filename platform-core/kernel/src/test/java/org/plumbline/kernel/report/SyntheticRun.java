package org.plumbline.kernel.report;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.plumbline.kernel.record.CheckRecord;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.RunWriter;
import org.plumbline.kernel.record.Score;
import org.plumbline.kernel.record.StudyDescription;
import org.plumbline.kernel.record.UpdateRecord;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.reward.ImageBatch;
import org.plumbline.toolkit.image.ImageGrid;

/** A run that never happened, with the shape of a real one: saturating curves, noise, a failure, an unfinished trial. */
final class SyntheticRun {
    static final double BASE = 41.2;
    private static final int BATCH = 16;
    private static final List<String> PROMPTS =
            List.of("a handwritten three", "a bold slanted seven", "a thin upright zero");

    private final List<Shape> shapes;
    private final List<Long> seeds;
    private final int updates;

    /** How one trial behaves. */
    record Shape(
            String label,
            String estimator,
            double gain,
            double speed,
            double noise,
            double forward,
            double backward,
            double seconds,
            long peak,
            double bias,
            double variance) {}

    static final List<Shape> FIVE = List.of(
            new Shape("rlr exact", "rlr", 14, 0.09, 0.9, 64, 4, 1.9, 91_000_000, 0, 310),
            new Shape("rlr tiled", "rlr", 17, 0.11, 0.8, 40, 20, 1.7, 90_400_000, 0, 118),
            new Shape("adjoint-dpm exact", "adjoint-dpm", 19, 0.14, 0.5, 40, 20, 1.75, 88_700_000, 0, 21),
            new Shape("policy-gradient", "policy-gradient", 1.2, 0.05, 1.6, 40, 20, 1.6, 86_100_000, 0, 5400),
            new Shape("truncated-bp K=1", "truncated-bp", 11, 0.2, 0.4, 21, 1, 0.62, 84_900_000, 0.71, 3.9));

    SyntheticRun(List<Shape> shapes, List<Long> seeds, int updates) {
        this.shapes = shapes;
        this.seeds = seeds;
        this.updates = updates;
    }

    StudyDescription description() {
        return new StudyDescription(
                StudyDescription.FORMAT,
                "bolder digits",
                Instant.parse("2026-11-22T08:15:00Z"),
                List.of("./plumbline", "study", "studies/bolder digits.yaml", "--output", "runs/bolder"),
                "name: bolder digits\nmodel: digits\nreward: stroke-weight\nestimators:\n  - rlr: {mode: exact}\n",
                new StudyDescription.Environment(
                        "0.1.0", "Eclipse Adoptium 17.0.15+6", "Linux 6.1 amd64", 2, 1, 8_200_000_000L),
                new StudyDescription.Backend(
                        "djl-pytorch", "0.1.0", "libtorch 2.7.1 on cpu, float32", Map.of("threads", 1)),
                new StudyDescription.Model(
                        "digits",
                        "diffusers",
                        "0.1.0",
                        "models/digits",
                        Map.of(
                                "unet/diffusion_pytorch_model.safetensors",
                                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                        List.of(1, 20, 20),
                        "LoRA of rank 4 on to_q, to_k, to_v, to_out.0",
                        9216,
                        Map.of("precision", "float32"),
                        List.of()),
                new StudyDescription.SamplerUse(
                        "ddim",
                        "0.1.0",
                        "ddim eta=1 trailing",
                        20,
                        20,
                        "  0  t=999.000  alpha=0.06823232 sigma=0.99766943  A=[1.17640102]  b=[-0.11032711]\n"
                                .repeat(20),
                        Map.of("eta", 1.0, "spacing", "trailing"),
                        List.of(new Citation(
                                "song2021ddim",
                                "Song, Meng, Ermon",
                                "Denoising Diffusion Implicit Models",
                                2021,
                                "ICLR"))),
                List.of(
                        new StudyDescription.Reward(
                                "stroke-weight",
                                "stroke-weight",
                                "0.1.0",
                                "px of ink",
                                true,
                                Map.of("threshold", 0.5),
                                List.of()),
                        new StudyDescription.Reward(
                                "digit-classifier",
                                "digit-classifier",
                                "0.1.0",
                                "nats",
                                true,
                                Map.of("target", "prompted"),
                                List.of()),
                        new StudyDescription.Reward(
                                "jpeg",
                                "jpeg-compressibility",
                                "0.1.0",
                                "kB",
                                false,
                                Map.of("quality", 95),
                                List.of())),
                new StudyDescription.Training(
                        PROMPTS,
                        2,
                        BATCH,
                        new StudyDescription.Budget(StudyDescription.Budget.Unit.UPDATES, updates),
                        ordered("name", "adamw", "learning-rate", 3e-4, "clip-norm", 1.0, "ema", null)),
                new StudyDescription.Evaluation(5, PROMPTS, 8, 7, "ddim eta=0 trailing"),
                shapes.stream().map(SyntheticRun::trial).toList(),
                seeds);
    }

    private static StudyDescription.Trial trial(Shape shape) {
        return new StudyDescription.Trial(
                shape.label(),
                shape.estimator(),
                "0.1.0",
                "org.plumbline.estimator-" + shape.estimator(),
                ordered("mode", "exact", "window", 3, "start", null),
                shape.label().startsWith("policy") ? Map.of("learning-rate", 1e-3) : Map.of(),
                shape.bias() > 0 ? List.of("NEEDS_VJP") : List.of("UNBIASED", "NEEDS_VJP"),
                "ddim eta=1 trailing",
                List.of(new Citation(
                        shape.estimator(),
                        "A. Author, B. Author",
                        "On " + shape.estimator(),
                        2024,
                        "arXiv 2401.00000")));
    }

    private static Map<String, Object> ordered(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    /** A whole run: all trials finish, gradients are measured, pictures are there. */
    RunFolder finished(Path path) {
        RunWriter run = RunFolder.create(path, description());
        try (run) {
            gradients(run);
            for (Shape shape : shapes) {
                for (long seed : seeds) {
                    trial(run, shape, seed, updates);
                    run.append(EventRecord.of(
                            EventRecord.Type.FINISHED, shape.label(), seed, updates, "the budget is used"));
                }
            }
            pictures(run);
        }
        return run.folder();
    }

    /** A run that still goes on: the last trial failed in its first seed and has not started the others. */
    RunFolder goingOn(Path path) {
        RunWriter run = RunFolder.create(path, description());
        try (run) {
            gradients(run);
            for (Shape shape : shapes.subList(0, shapes.size() - 1)) {
                for (long seed : seeds) {
                    boolean last = shape.equals(shapes.get(shapes.size() - 2)) && seed == seeds.get(seeds.size() - 1);
                    trial(run, shape, seed, last ? 8 : updates);
                    if (!last) {
                        run.append(EventRecord.of(
                                EventRecord.Type.FINISHED, shape.label(), seed, updates, "the budget is used"));
                    }
                }
            }
            Shape failing = shapes.get(shapes.size() - 1);
            trial(run, failing, seeds.get(0), 12);
            run.append(EventRecord.of(
                    EventRecord.Type.FAILED, failing.label(), seeds.get(0), 12, "gradient of update 13 is not finite"));
        }
        return run.folder();
    }

    void trial(RunWriter run, Shape shape, long seed, int until) {
        Random random = new Random(shape.label().hashCode() * 31L + seed);
        double luck = 1 + 0.06 * random.nextGaussian();
        run.append(EventRecord.of(EventRecord.Type.STARTED, shape.label(), seed, 0, "first update"));
        Cost spent = Cost.NONE;
        run.append(evaluation(shape, seed, 0, spent, luck, random));
        for (int update = 1; update <= until; update++) {
            boolean random20 = shape.label().startsWith("rlr");
            double forward = shape.forward() + (random20 ? random.nextInt(5) : 0);
            Cost cost = new Cost(
                    forward,
                    shape.backward(),
                    Math.round(forward * 2 * BATCH),
                    Math.round(shape.backward() * 2 * BATCH),
                    BATCH,
                    shape.seconds() * (1 + 0.08 * Math.abs(random.nextGaussian())),
                    shape.peak() + random.nextInt(500_000));
            spent = spent.plus(cost);
            double reward = reward(shape, update, luck) + 1.4 * random.nextGaussian();
            double norm = Math.exp(random.nextGaussian() * 0.3) * (1 + Math.sqrt(shape.variance() / BATCH)) * 0.2;
            run.append(new UpdateRecord(
                    shape.label(),
                    seed,
                    update,
                    cost,
                    reward,
                    5.5,
                    norm,
                    norm > 1,
                    Map.of("share", random.nextDouble())));
            if (update % 5 == 0 || update == until) {
                run.append(evaluation(shape, seed, update, spent, luck, random));
            }
        }
    }

    private static double reward(Shape shape, int update, double luck) {
        return BASE + luck * shape.gain() * (1 - Math.exp(-shape.speed() * update));
    }

    private static EvaluationRecord evaluation(
            Shape shape, long seed, int update, Cost spent, double luck, Random random) {
        double noise = update == 0 ? 0 : shape.noise() * random.nextGaussian();
        double gain = reward(shape, update, luck) - BASE;
        return new EvaluationRecord(
                shape.label(),
                seed,
                update,
                spent,
                new Score(BASE + gain + noise, 0.8),
                Map.of(
                        "digit-classifier",
                        new Score(-0.31 - (gain > 16 ? 0.09 : 0.01) * gain + 0.1 * noise, 0.05),
                        "jpeg",
                        new Score(-0.62 - 0.004 * gain + 0.005 * noise, 0.01)),
                0.31 - 0.004 * gain + 0.002 * noise);
    }

    private void gradients(RunWriter run) {
        run.append(new CheckRecord(
                "bolder digits: base model", "slope by back-propagation and by central differences", 0.0837, 0.083712));
        for (Shape shape : shapes) {
            int replicas = 64;
            double error = Math.sqrt(shape.variance() / BATCH / replicas) * 0.4;
            double z = shape.bias() > 0 ? shape.bias() / error : 0.6 - shape.noise();
            for (String point : List.of("base model", "after 20 updates of rlr tiled")) {
                run.append(gradient(
                        shape.label(),
                        "bolder digits: " + point,
                        shape.bias() > 0 ? shape.bias() : Math.max(0, error * z),
                        z,
                        shape.variance(),
                        new Cost(
                                shape.forward(),
                                shape.backward(),
                                Math.round(shape.forward() * 32),
                                Math.round(shape.backward() * 32),
                                BATCH,
                                shape.seconds(),
                                shape.peak())));
            }
        }
    }

    /** A measurement with 64 replicas; the relative variance decides the errors, ten steps and six groups share it. */
    static GradientRecord gradient(String trial, String point, double bias, double z, double variance, Cost cost) {
        int replicas = 64;
        double norm = 0.0837;
        double error = Math.sqrt(variance / BATCH / replicas) * 0.4;
        List<GradientRecord.Group> groups = new ArrayList<>();
        List<GradientRecord.Step> steps = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            String block = i < 2 ? "down_blocks." + i : i < 4 ? "mid_block." + (i - 2) : "up_blocks." + (i - 4);
            groups.add(new GradientRecord.Group(
                    block + " lora_" + (i % 2 == 0 ? "A" : "B"), 1536, 0.4, variance * (i + 1) / 21));
        }
        boolean first = trial.startsWith("truncated");
        boolean zeroth = trial.equals("rlr exact");
        double resolved = zeroth ? 0.2 : 1;
        for (int k = first ? 9 : 0; k < 10; k++) {
            double share = first ? 1 : (k + 1) / 55.0;
            steps.add(new GradientRecord.Step(
                    999 - 100.0 * k,
                    0.9 * resolved * share * variance,
                    resolved * share * variance,
                    0.1 * share * variance));
        }
        GradientRecord.Verdict.Kind kind = z > 3
                ? GradientRecord.Verdict.Kind.BIASED
                : error < 0.2 ? GradientRecord.Verdict.Kind.UNBIASED : GradientRecord.Verdict.Kind.UNDECIDED;
        return new GradientRecord(
                trial,
                trial.replaceAll(" .*", ""),
                point,
                9216,
                "exact adjoint of ddim eta=1 trailing, mean of 1024 samples",
                norm,
                0.002,
                21 * norm * norm,
                31415,
                replicas,
                BATCH,
                bias,
                error,
                z,
                1.7 * error,
                new GradientRecord.Verdict(
                        kind, kind == GradientRecord.Verdict.Kind.UNDECIDED ? Math.round(replicas * error * 300) : 64),
                1 - 0.7 * bias,
                error,
                1 / Math.sqrt(1 + bias * bias + variance / BATCH / replicas),
                0.01 * Math.sqrt(variance) / 8,
                variance * norm * norm,
                0.2 * variance * norm * norm,
                variance,
                cost,
                new GradientRecord.Efficiency(
                        variance * cost.nfe(),
                        variance * cost.seconds() / BATCH,
                        variance * cost.nfe() / (21 * 80),
                        variance * cost.seconds() / (21 * 1.75)),
                groups,
                steps,
                zeroth
                        ? new GradientRecord.Step(Double.NaN, 0.8 * variance, 0.8 * variance, 0.08 * variance)
                        : GradientRecord.Step.NONE);
    }

    private void pictures(RunWriter run) {
        run.saveBaseImage(rings(0.09, 1));
        for (Shape shape : shapes) {
            for (long seed : seeds) {
                run.saveImage(shape.label(), seed, RunFolder.Stage.BEFORE, rings(0.09, 1));
                run.saveImage(shape.label(), seed, RunFolder.Stage.AFTER, rings(0.09 + shape.gain() / 200, seed));
            }
        }
    }

    /** Eight ellipses of some stroke width per prompt. */
    private static byte[] rings(double stroke, long seed) {
        int side = 20;
        int count = 8 * PROMPTS.size();
        double[] pixels = new double[count * side * side];
        Random random = new Random(5);
        Random jitter = new Random(seed);
        for (int image = 0; image < count; image++) {
            double wide = 0.35 + 0.3 * random.nextDouble();
            double slant = 0.5 * random.nextGaussian();
            double width = stroke * (1 + 0.2 * jitter.nextGaussian());
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    double v = (y + 0.5) / side * 2 - 1;
                    double u = ((x + 0.5) / side * 2 - 1 + 0.4 * slant * v) / wide;
                    double distance = Math.abs(Math.hypot(u, v / 0.8) - 0.9);
                    pixels[(image * side + y) * side + x] = Math.exp(-Math.pow(distance / (2.5 * width), 4));
                }
            }
        }
        List<String> labels = new ArrayList<>(PROMPTS);
        return ImageGrid.of(new ImageBatch(pixels, count, 1, side, side), 8)
                .scaled(2)
                .labelled(labels)
                .png();
    }
}
