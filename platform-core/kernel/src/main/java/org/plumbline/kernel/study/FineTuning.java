package org.plumbline.kernel.study;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.optimise.ExponentialAverage;
import org.plumbline.kernel.optimise.GradientClipping;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.RunWriter;
import org.plumbline.kernel.record.UpdateRecord;
import org.plumbline.kernel.safeguard.Anchor;
import org.plumbline.kernel.safeguard.HeldOutAlarm;
import org.plumbline.kernel.safeguard.VarianceMeter;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.TrainableWeights;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.image.ImageGrid;
import org.plumbline.toolkit.statistics.Vectors;

/** One trial with one seed: rollouts, gradients, updates and evaluations until the budget is used. */
final class FineTuning {
    /** Hears about every update. */
    interface Listener {
        void updated(Trial trial, long seed, long update, double reward, boolean finished);
    }

    private static final int PICTURE_SCALE = 3;

    /** More updates than this that are not finite in a row are no accident. */
    private static final int MOST_SKIPPED = 5;

    private final StudySettings settings;
    private final RunWriter run;
    private final Trial trial;
    private final long seed;
    private final Bench bench;
    private final Listener listener;
    private final Evaluator evaluator;
    private final Checkpoint checkpoint;

    private Lease<GradientEstimator> estimator;
    private @Nullable Assembly used;
    private @Nullable Rollout rollout;
    private @Nullable HeldOutAlarm alarm;
    private TrialState state;
    private boolean stopped;
    private int skippedInARow;

    FineTuning(StudySettings settings, RunWriter run, Trial trial, long seed, Bench bench, Listener listener) {
        this.settings = settings;
        this.run = run;
        this.trial = trial;
        this.seed = seed;
        this.bench = bench;
        this.listener = listener;
        this.evaluator = new Evaluator(settings);
        this.checkpoint = new Checkpoint(run.folder().checkpoint(trial.label(), seed));
        this.estimator = bench.estimator(trial.use());
        this.state = TrialState.fresh(
                bench.assembly().workbench().initialParameters(seed),
                settings.optimiser().ema() != null);
    }

    /** Runs from the last checkpoint, if there is one, to the end of the budget. */
    void run() {
        try {
            resume();
            if (state.update() == 0) {
                surviving(() -> evaluate(RunFolder.Stage.BEFORE));
            }
            while (!spent() && !stopped) {
                bench.context().interruption().check();
                boundary();
                surviving(this::update);
                if (state.update() % settings.evaluation().every() == 0 && !spent()) {
                    boundary();
                    surviving(() -> watch(evaluate(null)));
                    checkpoint.save(state);
                }
            }
            boundary();
            surviving(() -> watch(evaluate(RunFolder.Stage.AFTER)));
            saveWeights();
            checkpoint.save(state);
            event(EventRecord.Type.FINISHED, stopped ? "stopped by the held-out alarm" : "the budget is used");
        } catch (PlumblineException failure) {
            checkpoint.save(state);
            event(
                    failure.code() == StandardError.INTERRUPTED
                            ? EventRecord.Type.STOPPED_EARLY
                            : EventRecord.Type.FAILED,
                    String.valueOf(failure.getMessage()));
            throw failure;
        } finally {
            forgetRollout();
            estimator.close();
        }
    }

    private void resume() {
        checkpoint.load().ifPresent(saved -> {
            if (saved.theta().length != state.theta().length) {
                throw PlumblineException.of(StandardError.INCOMPATIBLE)
                        .asked("the checkpoint of trial '" + trial.label() + "' has " + saved.theta().length
                                + " parameters, the study " + state.theta().length)
                        .remedy("start a new run in another folder")
                        .build();
            }
            state = saved;
            estimator.get().recall(saved.memory());
            event(EventRecord.Type.RESUMED, "continued after update " + saved.update());
        });
        if (state.update() == 0) {
            event(EventRecord.Type.STARTED, "first update");
        }
    }

    private boolean spent() {
        StudySettings.Budget budget = settings.budget();
        if (budget.updates() != null) {
            return state.update() >= budget.updates();
        }
        if (budget.nfe() != null) {
            // The update that would exceed the budget is not made; its cost is that of the mean update so far.
            double mean = state.update() == 0 ? 0 : state.spent().nfe() / state.update();
            return state.spent().nfe() + mean > budget.nfe() + 1e-9;
        }
        return budget.seconds() != null && state.spent().seconds() >= budget.seconds();
    }

    /** A step boundary: plugins that were withdrawn are let go and taken up anew. */
    private void boundary() {
        if (estimator.revoked()) {
            PluginDescription gone = estimator.description();
            estimator.close();
            bench.awaitReplacement(gone);
            estimator = bench.estimator(trial.use());
            estimator.get().recall(state.memory());
        }
        if (bench.changing()) {
            forgetRollout();
            checkpoint.save(state);
            bench.boundary(place());
        }
        use(bench.assembly());
    }

    private void use(Assembly now) {
        if (now != used) {
            rollout = null;
            used = now;
        }
    }

    private Place place() {
        return new Place(trial.label(), seed, state.update());
    }

    /** Does work that leaves the state as it is until it is complete, again on another backend if the device is lost. */
    private void surviving(Runnable work) {
        bench.surviving(place(), () -> {
            Assembly now = bench.assembly();
            if (used != null && now != used) {
                // What was kept on the device went with it, and the estimator may have begun to change its memory.
                rollout = null;
                estimator.get().recall(state.memory());
            }
            use(now);
            work.run();
            return true;
        });
    }

    private Assembly assembly() {
        Assembly present = used;
        if (present == null) {
            present = bench.assembly();
            used = present;
        }
        return present;
    }

    private void update() {
        Assembly assembly = assembly();
        int perRollout = estimator.get().updatesPerRollout();
        if (state.update() % perRollout == 0) {
            forgetRollout();
            state = new TrialState(
                    state.update(),
                    state.theta(),
                    state.theta().clone(),
                    state.optimiser(),
                    state.average(),
                    state.memory(),
                    state.spent());
        }
        Map<String, Double> diagnostics = new TreeMap<>(metered(assembly, state.update() / perRollout));
        long start = System.nanoTime();
        Ledger.Work before = assembly.workbench().ledger().reading();
        GradientEstimate estimate = estimate(assembly, state.update() / perRollout);
        if (estimate == null) {
            skip(cost(assembly.workbench().ledger().reading().since(before), (System.nanoTime() - start) / 1e9, 0));
            return;
        }
        skippedInARow = 0;
        diagnostics.putAll(estimate.diagnostics());
        double[] gradient = estimate.gradient().clone();
        StudySettings.Optimiser optimiser = settings.optimiser();
        double limit = optimiser.gradientClip() == null ? Double.POSITIVE_INFINITY : optimiser.gradientClip();
        double norm = new GradientClipping(limit).clip(gradient);
        double[] theta = state.theta().clone();
        AdamW adam = new AdamW(
                new AdamW.Settings(optimiser.beta1(), optimiser.beta2(), optimiser.epsilon(), optimiser.weightDecay()),
                state.optimiser());
        adam.ascend(theta, gradient, rate());
        Ledger.Work work = assembly.workbench().ledger().reading().since(before);
        Cost cost = cost(work, (System.nanoTime() - start) / 1e9, 0);

        state = new TrialState(
                state.update() + 1,
                theta,
                state.behaviour(),
                adam.state(),
                averaged(theta),
                new TreeMap<>(estimator.get().memory()),
                state.spent().plus(cost));
        double reward = Samples.mean(estimate.rewards());
        run.append(new UpdateRecord(
                trial.label(),
                seed,
                state.update(),
                cost,
                reward,
                Samples.deviation(estimate.rewards()),
                norm,
                norm > limit,
                diagnostics));
        listener.updated(trial, seed, state.update(), reward, spent());
    }

    /** The variance of the estimator at the present parameters, when it is time to measure it. */
    private Map<String, Double> metered(Assembly assembly, long number) {
        StudySettings.Safeguards safeguards = settings.safeguards();
        if (safeguards.varianceEvery() == 0 || state.update() % safeguards.varianceEvery() != 0) {
            return Map.of();
        }
        SamplerProgram program = estimator.get().program(assembly.workbench().profile(assembly.program()), number);
        return new VarianceMeter(
                        safeguards.varianceReplicas(), batch -> Batches.of(settings, seed, "variance-meter", batch))
                .measure(assembly.workbench(), estimator.get(), program, state.theta(), seed, state.update());
    }

    /** Leaves an update out: what it cost counts, the parameters stay. */
    private void skip(Cost cost) {
        skippedInARow++;
        state = new TrialState(
                state.update() + 1,
                state.theta(),
                state.behaviour(),
                state.optimiser(),
                state.average(),
                new TreeMap<>(estimator.get().memory()),
                state.spent().plus(cost));
        event(EventRecord.Type.SKIPPED, "the estimate was not finite; the parameters were not touched");
        if (skippedInARow > MOST_SKIPPED) {
            throw PlumblineException.of(StandardError.NOT_FINITE)
                    .asked(skippedInARow + " estimates in a row were not finite")
                    .remedy("lower the learning rate, or set optimiser: {gradient-clip: 1}")
                    .build();
        }
        listener.updated(trial, seed, state.update(), Double.NaN, spent());
    }

    /** The estimate with the anchor's pull, or null if it is not finite and may be skipped. */
    private @Nullable GradientEstimate estimate(Assembly assembly, long number) {
        try {
            GradientEstimate estimate = anchored(assembly, number);
            for (double component : estimate.gradient()) {
                if (!Double.isFinite(component)) {
                    throw PlumblineException.of(StandardError.NOT_FINITE)
                            .asked("the gradient of update " + state.update() + " has a component " + component)
                            .remedy("lower the learning rate; the parameters were not touched")
                            .build();
                }
            }
            return estimate;
        } catch (PlumblineException failure) {
            if (failure.code() == StandardError.NOT_FINITE
                    && settings.safeguards().nonFinite() == StudySettings.Safeguards.NonFinite.SKIP) {
                return null;
            }
            throw failure;
        }
    }

    private GradientEstimate anchored(Assembly assembly, long number) {
        Rollout present = rollout;
        if (present == null) {
            SamplerProgram program =
                    estimator.get().program(assembly.workbench().profile(assembly.program()), number);
            present = assembly.workbench()
                    .rollout(program, Batches.of(settings, seed, "training", number), state.behaviour());
            rollout = present;
        }
        try (SamplingChain chain = assembly.workbench().chain(present, state.theta(), seed, state.update())) {
            GradientEstimate estimate = estimator.get().estimate(chain);
            Anchor anchor = assembly.anchor(seed);
            if (anchor == null) {
                return estimate;
            }
            Anchor.Pull pull = anchor.pull(assembly.workbench(), present, chain);
            double[] gradient = estimate.gradient().clone();
            Vectors.addTo(gradient, 1, pull.gradient());
            return new GradientEstimate(gradient, estimate.rewards(), estimate.diagnostics())
                    .with(pull.name(), pull.distance());
        }
    }

    private double rate() {
        int warmUp = settings.optimiser().warmUp();
        return state.update() < warmUp
                ? trial.learningRate() * (double) (state.update() + 1) / warmUp
                : trial.learningRate();
    }

    private double @Nullable [] averaged(double[] theta) {
        double[] average = state.average();
        Double decay = settings.optimiser().ema();
        if (average == null || decay == null) {
            return null;
        }
        ExponentialAverage running = new ExponentialAverage(decay, average, state.update());
        running.add(theta);
        return running.toArray();
    }

    /** Lets the held-out alarm hear of an evaluation. */
    private void watch(EvaluationRecord now) {
        StudySettings.Safeguards safeguards = settings.safeguards();
        if (safeguards.heldOutAlarm() == StudySettings.Safeguards.Alarm.OFF) {
            return;
        }
        HeldOutAlarm present = alarm;
        if (present == null) {
            // A resumed trial finds the evaluation of the pre-trained model in the record.
            present = run.folder().records().stream()
                    .filter(EvaluationRecord.class::isInstance)
                    .map(EvaluationRecord.class::cast)
                    .filter(first -> first.trial().equals(trial.label()) && first.seed() == seed && first.update() == 0)
                    .findFirst()
                    .map(first -> new HeldOutAlarm(first, safeguards.alarmErrors()))
                    .orElse(null);
            alarm = present;
        }
        if (present != null) {
            present.hear(now).ifPresent(sentence -> {
                event(EventRecord.Type.ALARM, sentence);
                bench.context().progress().say("'" + trial.label() + "', seed " + seed + ": " + sentence);
                stopped = safeguards.heldOutAlarm() == StudySettings.Safeguards.Alarm.STOP;
            });
        }
    }

    private EvaluationRecord evaluate(RunFolder.@Nullable Stage picture) {
        Evaluator.Result result = evaluator.evaluate(assembly(), state.evaluated());
        EvaluationRecord evaluation = new EvaluationRecord(
                trial.label(),
                seed,
                state.update(),
                state.spent(),
                result.reward(),
                result.heldOut(),
                result.diversity());
        run.append(evaluation);
        if (state.update() == 0) {
            alarm = new HeldOutAlarm(evaluation, settings.safeguards().alarmErrors());
        }
        int channels = result.images().channels();
        if (picture != null && (channels == 1 || channels == 3)) {
            byte[] png = picture(result);
            run.saveImage(trial.label(), seed, picture, png);
            if (picture == RunFolder.Stage.BEFORE) {
                run.saveBaseImage(png);
            }
        }
        return evaluation;
    }

    /** A row for every prompt. */
    private byte[] picture(Evaluator.Result result) {
        List<String> prompts = result.prompts().stream().distinct().toList();
        int perPrompt = result.images().rows() / prompts.size();
        ImageGrid grid = ImageGrid.of(result.images(), Math.max(1, perPrompt)).scaled(PICTURE_SCALE);
        boolean sorted = perPrompt * prompts.size() == result.images().rows()
                && !(settings.target().toTarget() instanceof TrainableTarget.InitialNoise);
        return (sorted ? grid.labelled(prompts) : grid).png();
    }

    private void saveWeights() {
        TrainableWeights weights = assembly().workbench().weights();
        if (weights != null) {
            weights.save(state.evaluated(), run.folder().weights(trial.label(), seed));
        }
    }

    private void forgetRollout() {
        Rollout present = rollout;
        rollout = null;
        if (present != null) {
            present.close();
        }
    }

    private void event(EventRecord.Type type, String message) {
        run.append(EventRecord.of(type, trial.label(), seed, state.update(), message));
    }

    static Cost cost(Ledger.Work work, double seconds, long peakBytes) {
        return new Cost(
                (double) work.nfeForward(),
                (double) work.nfeBackward(),
                work.rowsForward(),
                work.rowsBackward(),
                work.rewardEvaluations(),
                seconds,
                peakBytes);
    }
}
