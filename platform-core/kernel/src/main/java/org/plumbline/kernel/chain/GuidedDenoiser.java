package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.model.DenoiserInput;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.PredictionType.Affine;
import org.plumbline.spi.sampler.TimePoint;

/**
 * The network with classifier-free guidance and conversion of its prediction.
 *
 * <p>With guidance w other than 1 the network sees 2B rows, first with the negative prompt, then with the prompt, and the
 * prediction is {@code (1 - w) n_u + w n_c}; its transpose sends (1 - w) g to the first rows and w g to the others. With
 * rescaling, see {@link GuidanceRescale}, it depends on the predictions, so that a product needs one more evaluation. The
 * conversion {@code wanted = f_u u + f_n n} is affine, so its transpose is f_u g for the input and f_n g for the
 * network.
 */
final class GuidedDenoiser implements Denoiser {
    private final Network network;
    private final PredictionType prediction;
    private final Guidance guidance;
    private final @Nullable GuidanceRescale rescale;
    private final Bound bound;
    private final Parametrisation parametrisation;
    private final Ledger ledger;
    private final Set<String> declared = new HashSet<>();
    private final PromptSchedule schedule;
    private final List<Tensor> conditions = new ArrayList<>();
    private @Nullable StepContributions contributions;

    /**
     * @param bound the trained vector and the conditions it implies
     * @param schedule which of the conditions holds at which time
     * @param unconditional the encoded negative prompt for every row, or null if it is not needed
     */
    GuidedDenoiser(
            Network network,
            PredictionType prediction,
            Guidance guidance,
            Bound bound,
            PromptSchedule schedule,
            @Nullable Tensor unconditional,
            Parametrisation parametrisation,
            TensorArena arena,
            Ledger ledger) {
        this.network = network;
        this.prediction = prediction;
        this.bound = bound;
        this.parametrisation = parametrisation;
        this.ledger = ledger;
        for (TensorSpec input : network.definition().inputs()) {
            declared.add(input.name());
        }
        this.schedule = schedule;
        this.guidance = bound.conditions().isEmpty() ? Guidance.of(1) : guidance;
        this.rescale = this.guidance.active() && guidance.rescale() > 0 ? new GuidanceRescale(guidance) : null;
        for (Tensor conditional : bound.conditions()) {
            conditions.add(
                    this.guidance.active()
                            ? arena.concatRows(List.of(Objects.requireNonNull(unconditional), conditional))
                            : conditional);
        }
    }

    private boolean guided() {
        return guidance.active();
    }

    @Override
    public Tensor predict(TensorArena into, Tensor u, TimePoint at, PredictionType wanted) {
        Affine affine = prediction.to(wanted, at.alpha(), at.sigma());
        try (TensorArena scratch = into.nested()) {
            Tensor output = evaluated(scratch, inputs(scratch, u, at));
            return into.adopt(convert(scratch, u, output, affine));
        }
    }

    @Override
    public Pulled pullBack(
            TensorArena arena,
            Tensor u,
            TimePoint at,
            PredictionType wanted,
            Tensor cotangent,
            GradientSink sink,
            double factor) {
        return pulled(arena, u, at, wanted, cotangent, sink, factor);
    }

    /** Without a collector, which would hold an array of theta's length. */
    @Override
    public Pulled pullBackInput(TensorArena arena, Tensor u, TimePoint at, PredictionType wanted, Tensor cotangent) {
        return pulled(arena, u, at, wanted, cotangent, null, 0);
    }

    private Pulled pulled(
            TensorArena arena,
            Tensor u,
            TimePoint at,
            PredictionType wanted,
            Tensor cotangent,
            @Nullable GradientSink sink,
            double factor) {
        Affine affine = prediction.to(wanted, at.alpha(), at.sigma());
        try (TensorArena scratch = arena.nested()) {
            VectorJacobian pulled =
                    pull(scratch, u, at, affine, cotangent, sink, factor, Set.of(DenoiserInput.SAMPLE.key()));
            Tensor throughNetwork =
                    Objects.requireNonNull(pulled.inputGradients().get(DenoiserInput.SAMPLE.key()));
            Tensor gradient = guided()
                    ? scratch.combine(
                            new double[] {1, 1, affine.ofInput()},
                            List.of(
                                    scratch.rows(throughNetwork, 0, u.rows()),
                                    scratch.rows(throughNetwork, u.rows(), 2 * u.rows()),
                                    cotangent))
                    : scratch.combine(new double[] {1, affine.ofInput()}, List.of(throughNetwork, cotangent));
            return new Pulled(arena.adopt(convert(scratch, u, pulled.output(), affine)), arena.adopt(gradient));
        }
    }

    @Override
    public @Nullable Tensor collect(
            TensorArena arena,
            Tensor u,
            TimePoint at,
            PredictionType wanted,
            Tensor cotangent,
            GradientSink sink,
            double factor) {
        Affine affine = prediction.to(wanted, at.alpha(), at.sigma());
        if (factor != 0) {
            try (TensorArena scratch = arena.nested()) {
                pull(scratch, u, at, affine, cotangent, sink, factor, Set.of());
            }
        }
        return affine.ofInput() == 0 ? null : arena.combine(new double[] {affine.ofInput()}, List.of(cotangent));
    }

    /** True if what reaches the initial state of a chain is wanted. */
    boolean trainsInitialState() {
        return parametrisation.trainsInitialState();
    }

    private VectorJacobian pull(
            TensorArena scratch,
            Tensor u,
            TimePoint at,
            Affine affine,
            Tensor cotangent,
            @Nullable GradientSink sink,
            double factor,
            Set<String> inputs) {
        Set<String> wrt = new HashSet<>(inputs);
        if (parametrisation.trainsCondition()) {
            wrt.add(DenoiserInput.CONDITION.key());
        }
        Map<String, Tensor> given = inputs(scratch, u, at);
        Tensor seed = seed(scratch, given, cotangent, affine.ofPrediction());
        VectorJacobian pulled = Returned.products(
                network,
                network.vjp(scratch, bound.weights(), given, seed, wrt),
                bound.weights(),
                given,
                wrt,
                sample(given).shape());
        ledger.forward(pulled.output().rows());
        ledger.backward(pulled.output().rows());
        if (sink != null && factor != 0) {
            Parametrisation.Sink collector = (Parametrisation.Sink) sink;
            collector.at(at);
            hand(collector, pulled, factor, scratch, u.rows());
        }
        return pulled;
    }

    /** The cotangent of the network's rows, if that of the guided prediction is {@code factor * cotangent}. */
    private Tensor seed(TensorArena scratch, Map<String, Tensor> given, Tensor cotangent, double factor) {
        if (!guided()) {
            return scratch.combine(new double[] {factor}, List.of(cotangent));
        }
        if (rescale == null) {
            double w = guidance.weight();
            return scratch.concatRows(List.of(
                    scratch.combine(new double[] {(1 - w) * factor}, List.of(cotangent)),
                    scratch.combine(new double[] {w * factor}, List.of(cotangent))));
        }
        Tensor output = evaluated(scratch, given);
        int rows = cotangent.rows();
        double[] both = rescale.pullBack(
                scratch.rows(output, 0, rows).toDoubles(),
                scratch.rows(output, rows, 2 * rows).toDoubles(),
                scratch.combine(new double[] {factor}, List.of(cotangent)).toDoubles(),
                rows);
        return scratch.tensor(both, output.shape());
    }

    private Tensor evaluated(TensorArena scratch, Map<String, Tensor> inputs) {
        Tensor output = Returned.output(
                network,
                network.forward(scratch, bound.weights(), inputs),
                sample(inputs).shape());
        ledger.forward(output.rows());
        return output;
    }

    private void hand(Parametrisation.Sink sink, VectorJacobian pulled, double factor, TensorArena scratch, int rows) {
        Tensor weights = pulled.parameterGradient();
        if (weights != null) {
            sink.weights(weights, factor);
        }
        Tensor conditions = pulled.inputGradients().get(DenoiserInput.CONDITION.key());
        if (conditions != null) {
            sink.condition(guided() ? scratch.rows(conditions, rows, 2 * rows) : conditions, factor);
        }
    }

    @Override
    public GradientSink sink() {
        StepContributions kept = contributions;
        return kept == null ? parametrisation.sink() : kept.sink(parametrisation);
    }

    /** From now on every collector also keeps apart what each time of the network gave. */
    StepContributions keepContributions() {
        StepContributions kept = new StepContributions();
        contributions = kept;
        return kept;
    }

    /** f_u u + f_n n, with n the guided prediction. */
    private Tensor convert(TensorArena arena, Tensor u, Tensor output, Affine affine) {
        double[] factors = {affine.ofInput(), affine.ofPrediction()};
        if (!guided()) {
            return arena.combine(factors, List.of(u, output));
        }
        int rows = u.rows();
        Tensor unconditional = arena.rows(output, 0, rows);
        Tensor conditional = arena.rows(output, rows, 2 * rows);
        if (rescale != null) {
            double[] guided = rescale.apply(unconditional.toDoubles(), conditional.toDoubles(), rows);
            return arena.combine(factors, List.of(u, arena.tensor(guided, u.shape())));
        }
        double w = guidance.weight();
        return arena.combine(
                new double[] {factors[0], factors[1] * (1 - w), factors[1] * w},
                List.of(u, unconditional, conditional));
    }

    private static Tensor sample(Map<String, Tensor> inputs) {
        return Objects.requireNonNull(inputs.get(DenoiserInput.SAMPLE.key()));
    }

    private Map<String, Tensor> inputs(TensorArena arena, Tensor u, TimePoint at) {
        Tensor sample = guided() ? arena.concatRows(List.of(u, u)) : u;
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(DenoiserInput.SAMPLE.key(), sample);
        scalar(inputs, arena, DenoiserInput.TIMESTEP, at.label(), sample.rows());
        scalar(inputs, arena, DenoiserInput.ALPHA, at.alpha(), sample.rows());
        scalar(inputs, arena, DenoiserInput.SIGMA, at.sigma(), sample.rows());
        if (!conditions.isEmpty()) {
            inputs.put(DenoiserInput.CONDITION.key(), conditions.get(conditions.size() == 1 ? 0 : schedule.index(at)));
        }
        return inputs;
    }

    private void scalar(Map<String, Tensor> inputs, TensorArena arena, DenoiserInput input, double value, int rows) {
        if (declared.contains(input.key())) {
            double[] values = new double[rows];
            Arrays.fill(values, value);
            inputs.put(input.key(), arena.tensor(values, rows));
        }
    }
}
