package org.plumbline.it.benchmark;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.PromptEncoder;
import org.plumbline.spi.reward.DifferentiableRewardModel;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.safetensors.SafetensorsFile;
import org.plumbline.toolkit.safetensors.SafetensorsWriter;

/**
 * One update in numbers, for everybody who computes it: the adapters, the noise, the encoded prompts, the sampler's table,
 * and the gradients that came out here.
 *
 * <p>Tensors: {@code theta.<name>}; {@code initial} [rows, channels, height, width]; {@code noise} [calls, rows, channels,
 * height, width]; {@code condition}, {@code unconditional} [rows, length, width]; {@code wanted} [rows, 10];
 * {@code table} [calls, 4] with the time label, A, b and s of each call; {@code gradient.<method>} in the order of theta.
 */
record CaseFile(Path path) {
    /** The gradient of a method, or null if the file has none. */
    double @Nullable [] gradient(Method method) {
        // The stored graph is held against the replay.
        String name = name(method == Method.FULL_STORED ? Method.FULL_REPLAY : method);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            return file.contains(name) ? file.doubles(name) : null;
        }
    }

    private static String name(Method method) {
        return "gradient." + method.key();
    }

    /** Computes the gradients and writes everything. */
    void write(Experiment experiment) {
        SafetensorsWriter writer = SafetensorsWriter.create();
        SamplerProgram program = experiment.program(Experiment.STEPS);
        Batch batch = experiment.batch(Experiment.ROWS, 0);
        int calls = program.size();
        double[] table = new double[calls * 4];
        for (int k = 0; k < calls; k++) {
            SamplerCall call = program.calls().get(k);
            table[4 * k] = call.at().label();
            table[4 * k + 1] = call.transition()[0][0];
            table[4 * k + 2] = call.ofOutput()[0] + call.ofRaw()[0];
            table[4 * k + 3] = call.noise();
        }
        writer.add("table", table, calls, 4);

        long[] latent = experiment.parts().model().latentShape();
        int size = (int) (latent[0] * latent[1] * latent[2]);
        double[] initial = new double[Experiment.ROWS * size];
        double[] noise = new double[calls * initial.length];
        for (int row = 0; row < Experiment.ROWS; row++) {
            System.arraycopy(batch.noise().initial(row, size), 0, initial, row * size, size);
            for (int k = 0; k < calls; k++) {
                System.arraycopy(batch.noise().step(row, k, size), 0, noise, k * initial.length + row * size, size);
            }
        }
        writer.add("initial", initial, Experiment.ROWS, latent[0], latent[1], latent[2]);
        writer.add("noise", noise, calls, Experiment.ROWS, latent[0], latent[1], latent[2]);

        Map<String, double[]> ofReward =
                ((DifferentiableRewardModel) experiment.parts().rewards().get(0).reward()).inputs(batch.prompts());
        double[] wanted = Objects.requireNonNull(ofReward.get("wanted"));
        writer.add("wanted", wanted, Experiment.ROWS, wanted.length / Experiment.ROWS);

        try (BackendSession session = experiment.backend().open()) {
            addCondition(writer, "condition", session, experiment, batch.prompts());
            String[] nothing = new String[Experiment.ROWS];
            Arrays.fill(nothing, "");
            addCondition(writer, "unconditional", session, experiment, List.of(nothing));
        }
        try (Workbench workbench = Workbench.open(experiment.backend(), experiment.parts())) {
            double[] theta = Experiment.moved(workbench.initialParameters(0));
            ParameterLayout layout = Objects.requireNonNull(workbench.weights()).layout();
            for (ParameterLayout.Entry entry : layout.entries()) {
                double[] values = Arrays.copyOfRange(theta, entry.offset(), entry.offset() + entry.size());
                writer.add("theta." + entry.name(), values, entry.shape());
            }
            for (Method method : Method.values()) {
                if (method.peer() && method.estimator() != null) {
                    try (Rollout rollout = workbench.rollout(program, batch, theta);
                            SamplingChain chain = workbench.chain(rollout, theta, 0, 0)) {
                        double[] gradient =
                                experiment.estimator(method).estimate(chain).gradient();
                        writer.add(name(method), gradient, gradient.length);
                    }
                }
            }
        }
        writer.write(path);
    }

    private static void addCondition(
            SafetensorsWriter writer,
            String name,
            BackendSession session,
            Experiment experiment,
            List<String> prompts) {
        PromptEncoder encoder = experiment.parts().model().promptEncoder().orElseThrow();
        double[] ids = prompts.stream()
                .flatMapToLong(prompt -> Arrays.stream(encoder.tokenize(prompt)))
                .asDoubleStream()
                .toArray();
        try (Network text = session.compile(encoder.graph(), encoder.weights(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Tensor tokens = arena.tensor(ids, prompts.size(), ids.length / prompts.size());
            Tensor condition = text.forward(arena, null, Map.of(PromptEncoder.TOKENS, tokens));
            writer.add(name, condition.toDoubles(), condition.shape());
        }
    }
}
