package org.plumbline.it.conformance;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.safetensors.SafetensorsFile;

/**
 * The chain of the golden cases on one backend: initial noise, step noise and reward from the file. Confined to one
 * thread.
 */
final class GoldenChain implements AutoCloseable {
    private final SafetensorsFile numbers;
    private final int rows;
    private final Workbench bench;

    /** All weights or the initial noise are trained. */
    GoldenChain(ComputeBackend backend, DiffusionModel model, TrainableTarget target, SafetensorsFile numbers) {
        this.numbers = numbers;
        this.rows = Math.toIntExact(numbers.shape("x_T")[0]);
        // The reward of the golden cases is -mean((x - target)^2) in pixels x of [-1, 1]; images are (x + 1) / 2.
        double[] centre = Arrays.stream(numbers.doubles("target"))
                .map(pixel -> (pixel + 1) / 2)
                .toArray();
        QuadraticReward reward = QuadraticReward.of(0, 4.0 / centre.length, centre);
        this.bench = Workbench.open(backend, new ChainParts(model, target, 1, reward, List.of(""), rows));
    }

    /** Names and places of the trained weights; empty where the initial noise is trained. */
    ParameterLayout layout() {
        return bench.weights() == null
                ? ParameterLayout.empty()
                : Objects.requireNonNull(bench.weights()).layout();
    }

    /**
     * Runs an estimator and names what comes out as a golden file does: {@code grad}, uphill; {@code reward};
     * {@code final}, which is x_0; for noisy programs {@code ratio} per step and row, of mean log-probabilities.
     *
     * @param program of the study's sampler
     * @param golden names the tensors {@code {name}.parameters.{weight}} or {@code {name}.delta.{weight}} of weights that
     *     have moved since the rollout: their values, or by how much
     */
    Map<String, double[]> run(GradientEstimator estimator, SamplerProgram program, String golden, Rounding rounding) {
        ChainProfile profile = bench.profile(program);
        Compatibility.check(golden, estimator, profile);
        return run(estimator.program(profile), golden, rounding, chain -> {
            Map<String, double[]> results = new LinkedHashMap<>();
            results.put("grad", estimator.estimate(chain).gradient());
            results.put("reward", chain.rewards(chain.behaviour()));
            results.put("final", chain.behaviour().output().toDoubles());
            results.put("ratio", ratios(chain));
            return results;
        });
    }

    /** Runs anything on a chain. */
    <T> T run(SamplerProgram program, String golden, Rounding rounding, Function<Chain, T> work) {
        double[] sampling = rounding.of(parameters());
        double[] present = moved(sampling, golden);
        try (Rollout rollout = bench.rollout(program, batch(rounding), sampling);
                SamplingChain chain = bench.chain(rollout, present, 0, 0)) {
            return work.apply(chain);
        }
    }

    private double[] parameters() {
        return bench.weights() == null ? numbers.doubles("x_T") : bench.initialParameters(0);
    }

    private double[] moved(double[] sampling, String golden) {
        double[] present = sampling.clone();
        for (ParameterLayout.Entry entry : layout().entries()) {
            String values = golden + ".parameters." + entry.name();
            if (numbers.contains(values)) {
                System.arraycopy(numbers.doubles(values), 0, present, entry.offset(), entry.size());
            }
            String differences = golden + ".delta." + entry.name();
            if (numbers.contains(differences)) {
                double[] delta = numbers.doubles(differences);
                for (int i = 0; i < delta.length; i++) {
                    present[entry.offset() + i] += delta[i];
                }
            }
        }
        return present;
    }

    private double[] ratios(Chain chain) {
        int calls = chain.program().size();
        int size = chain.profile().latentSize();
        double[] ratios = new double[calls * rows];
        for (int k = 0; k < calls; k++) {
            double[] logRatio = chain.program().stochastic(k)
                    ? chain.score(chain.behaviour(), k).logRatio()
                    : new double[rows];
            for (int row = 0; row < rows; row++) {
                ratios[k * rows + row] = Math.exp(logRatio[row] / size);
            }
        }
        return ratios;
    }

    /** The file's noise: [row, latent] and [step, row, latent]. */
    private Batch batch(Rounding rounding) {
        double[] initial = rounding.of(numbers.doubles("x_T"));
        double[] steps = rounding.of(numbers.doubles("noise"));
        NoiseSource noise = new NoiseSource() {
            @Override
            public double[] initial(int row, int size) {
                return part(initial, row, size);
            }

            @Override
            public double[] step(int row, int call, int size) {
                return part(steps, call * rows + row, size);
            }
        };
        return new Batch(Collections.nCopies(rows, ""), noise);
    }

    private static double[] part(double[] values, int index, int size) {
        return Arrays.copyOfRange(values, index * size, (index + 1) * size);
    }

    @Override
    public void close() {
        bench.close();
    }
}
