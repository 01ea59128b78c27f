package org.plumbline.plugins.sampler.dpm.solver;

import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.plugin.Included;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.plugin.Setting;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.sampler.LevelSettings;
import org.plumbline.toolkit.sampler.Linear;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.NoiseGrid;
import org.plumbline.toolkit.sampler.ProgramWriter;
import org.plumbline.toolkit.sampler.ThresholdingSettings;

/**
 * UniPC of orders 1 to 3: a predictor, and at the next call, which knows the prediction at the predicted point, a corrector
 * of the same step before the next predictor goes on from the corrected sample. One call per step.
 *
 * <pre>
 *   x_t = (sigma_t / sigma_s) x - alpha_t (e^-h - 1) m0 - alpha_t B sum_j rho_j (m_j - m0) / r_j     predictor
 *         the same, with ... + rho_c (m_t - m0)                                                     corrector
 * </pre>
 *
 * <p>for the prediction of samples, and with alpha and sigma exchanged and h negated for that of noise. B(h) is e^-h - 1
 * (bh2) or -h (bh1); rho solves sum_j rho_j r_j^(k-1) = phi_k. In order 2 the predictor's rho, in order 1 the corrector's
 * are 1/2.
 *
 * <p>Registers: the point where the network is asked, the last corrected sample, the last predictions, the youngest first.
 * Source: Zhao et al., UniPC, algorithms 1 and 2; settings and defaults as in a scheduler_config.json of class
 * UniPCMultistepScheduler.
 */
@Plugin(
        id = "unipc",
        description = "UniPC, predictor and corrector of orders 1 to 3 at one call per step",
        configuration = UniPcSampler.Configuration.class)
final class UniPcSampler implements Sampler {
    private static final Set<String> CLASSES = Set.of("UniPCMultistepScheduler");
    private static final int BASE = 1;
    private static final int HISTORY = 2;

    /**
     * Settings; those that are null are taken from the model.
     *
     * @param solverOrder highest order
     * @param solverType bh1 or bh2
     * @param predictX0 whether polynomials are made of samples or of noises
     * @param lowerOrderFinal whether orders fall at the end
     * @param disableCorrector steps whose result is not corrected
     * @param levels which noise levels are visited
     * @param finalSigmasType where the last step ends
     * @param thresholding of the predicted sample
     */
    record Configuration(
            @Setting(description = "highest order; default: the model's, 2", min = 1, max = 3) @Nullable
            Integer solverOrder,

            @Setting(description = "bh1 or bh2; default: the model's") @Nullable
            String solverType,

            @Setting(description = "polynomials of predicted samples, not noises; default: the model's") @Nullable
            Boolean predictX0,

            @Setting(description = "lower orders at the end; default: the model's") @Nullable
            Boolean lowerOrderFinal,

            @Setting(description = "steps whose result is not corrected; default: the model's") @Nullable
            List<Integer> disableCorrector,

            @Included LevelSettings levels,

            @Setting(description = "where the last step ends: zero or sigma_min; default: the model's") @Nullable
            String finalSigmasType,

            @Included ThresholdingSettings thresholding) {}

    private final Configuration configuration;

    @Inject
    UniPcSampler(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public Set<String> schedulerClasses() {
        return CLASSES;
    }

    @Override
    public SamplerProgram program(Request request) {
        ModelSettings settings = ModelSettings.of("unipc", request, CLASSES)
                .with("solver_order", configuration.solverOrder())
                .with("solver_type", configuration.solverType())
                .with("predict_x0", configuration.predictX0())
                .with("lower_order_final", configuration.lowerOrderFinal())
                .with("disable_corrector", configuration.disableCorrector())
                .with(configuration.levels())
                .with("final_sigmas_type", configuration.finalSigmasType())
                .with(configuration.thresholding());
        int highest = settings.integer("solver_order", 2);
        boolean bh1 = settings.choice("solver_type", "bh2", "bh1", "bh2", "midpoint", "heun", "logrho")
                .equals("bh1");
        boolean data = settings.flag("predict_x0", true);
        boolean lowers = settings.flag("lower_order_final", true);
        List<Integer> uncorrected = settings.numbers("disable_corrector").stream()
                .map(Double::intValue)
                .toList();
        NoiseGrid grid = SolverGrid.of(settings, request, SolverGrid.Rules.UNI_PC);
        OutputTransform thresholding = settings.thresholding();
        settings.lacks("solver_p", "none");
        settings.warnOfOthers();
        refuse(settings, request, highest, data, lowers, grid);

        Step formulas = new Step(grid, data, bh1);
        ProgramWriter writer = new ProgramWriter(
                HISTORY + highest,
                data ? PredictionType.SAMPLE : PredictionType.EPSILON,
                data ? thresholding : OutputTransform.none());
        Linear x = writer.register(0);
        Linear[] past = new Linear[highest];
        Arrays.setAll(past, j -> writer.register(HISTORY + j));
        int before = 0;
        for (int i = request.firstStep(); i < grid.steps(); i++) {
            TimePoint at = grid.at(i);
            Linear m = data ? writer.sample(at, x) : writer.noise(at, x);
            boolean corrects = before > 0 && !uncorrected.contains(i - 1);
            Linear here = corrects ? formulas.corrected(writer.register(BASE), m, Arrays.copyOf(past, before), i) : x;
            int most = lowers ? Math.min(highest, grid.steps() - i) : highest;
            int order = Math.min(most, i - request.firstStep() + 1);
            Linear[] outputs = new Linear[highest];
            outputs[0] = m;
            System.arraycopy(past, 0, outputs, 1, highest - 1);
            Linear[] next = new Linear[HISTORY + highest];
            next[0] = formulas.predicted(here, Arrays.copyOf(outputs, order), i);
            next[BASE] = here;
            System.arraycopy(outputs, 0, next, HISTORY, highest);
            writer.call(at, 1, 0, next);
            before = order;
        }
        return writer.program(
                "unipc, " + (bh1 ? "bh1" : "bh2") + " of order " + highest + ", " + request.steps() + " steps", 1);
    }

    private static void refuse(
            ModelSettings settings, Request request, int highest, boolean data, boolean lowers, NoiseGrid grid) {
        if (highest < 1 || highest > 3) {
            throw settings.unsupported("solver_order", highest, "1 to 3");
        }
        boolean toZero = grid.levels()[grid.steps()] == 0;
        if (toZero && !lowers && highest > 1) {
            throw settings.unsupported("lower_order_final", false, "true, or final_sigmas_type sigma_min");
        }
        if (toZero && !data) {
            throw settings.unsupported("final_sigmas_type", "zero", "sigma_min, where predict_x0 is false");
        }
        if (!data && request.prediction() == PredictionType.FLOW) {
            throw settings.unsupported("predict_x0", false, "true, for models of flow matching");
        }
    }

    /**
     * The formulas between two nodes.
     *
     * @param data whether predictions are of samples
     * @param bh1 which B
     */
    private record Step(NoiseGrid grid, boolean data, boolean bh1) {
        /**
         * From node i to i + 1.
         *
         * @param m predictions, the one at node i first; as many as the order
         */
        Linear predicted(Linear x, Linear[] m, int i) {
            double[] r = ratios(i, m.length);
            int differences = m.length - 1;
            double[] weights = new double[0];
            if (differences == 1) {
                weights = new double[] {0.5};
            } else if (differences > 1) {
                weights = solve(Arrays.copyOf(r, differences), phis(h(i), differences));
            }
            return step(x, m, r, weights, i);
        }

        /**
         * From node i - 1 to i.
         *
         * @param there the prediction at node i
         * @param m predictions, the one at node i - 1 first; as many as the order
         */
        Linear corrected(Linear x, Linear there, Linear[] m, int i) {
            double[] r = ratios(i - 1, m.length);
            double[] weights = m.length == 1 ? new double[] {0.5} : solve(r, phis(h(i - 1), m.length));
            Linear without = step(x, m, r, Arrays.copyOf(weights, m.length - 1), i - 1);
            return without.plus(scale(i - 1) * weights[m.length - 1], there.minus(m[0]));
        }

        private Linear step(Linear x, Linear[] m, double[] r, double[] weights, int i) {
            double kept = data ? grid.sigma(i + 1) / grid.sigma(i) : grid.alpha(i + 1) / grid.alpha(i);
            double rate = data ? grid.alpha(i + 1) : grid.sigma(i + 1);
            Linear next = x.times(kept).plus(-rate * Math.expm1(h(i)), m[0]);
            for (int j = 0; j < weights.length; j++) {
                next = next.plus(scale(i) * weights[j] / r[j], m[j + 1].minus(m[0]));
            }
            return next;
        }

        /** -h where samples are predicted, h where noises are, with h = lambda' - lambda. */
        private double h(int i) {
            double h = grid.lambda(i + 1) - grid.lambda(i);
            return data ? -h : h;
        }

        /** The factor before the sum of differences, -alpha B or -sigma B. */
        private double scale(int i) {
            double b = bh1 ? h(i) : Math.expm1(h(i));
            return -(data ? grid.alpha(i + 1) : grid.sigma(i + 1)) * b;
        }

        /** (lambda_j - lambda_i) / (lambda_{i+1} - lambda_i) of the nodes before node i, youngest first, then 1. */
        private double[] ratios(int i, int order) {
            double h = grid.lambda(i + 1) - grid.lambda(i);
            double[] r = new double[order];
            for (int j = 0; j < order - 1; j++) {
                r[j] = (grid.lambda(i - 1 - j) - grid.lambda(i)) / h;
            }
            r[order - 1] = 1;
            return r;
        }

        /** h phi_{k+1}(h) k! / B for k = 1 .. count, phi_1 = (e^h - 1) / h, phi_{k+1} = (phi_k - 1 / k!) / h. */
        private double[] phis(double h, int count) {
            double b = bh1 ? h : Math.expm1(h);
            double phi = Math.expm1(h) / h - 1;
            double factorial = 1;
            double[] values = new double[count];
            for (int k = 1; k <= count; k++) {
                values[k - 1] = phi * factorial / b;
                factorial *= k + 1;
                phi = phi / h - 1 / factorial;
            }
            return values;
        }

        /** The rho with sum_j rho_j r_j^k = values_k, by elimination. */
        private static double[] solve(double[] r, double[] values) {
            int n = r.length;
            double[][] rows = new double[n][n + 1];
            for (int k = 0; k < n; k++) {
                for (int j = 0; j < n; j++) {
                    rows[k][j] = Math.pow(r[j], k);
                }
                rows[k][n] = values[k];
            }
            // The first row is all ones and the nodes differ: no pivot is 0.
            for (int p = 0; p < n; p++) {
                for (int k = 0; k < n; k++) {
                    double factor = k == p ? 0 : rows[k][p] / rows[p][p];
                    for (int j = p; j <= n; j++) {
                        rows[k][j] -= factor * rows[p][j];
                    }
                }
            }
            double[] rho = new double[n];
            Arrays.setAll(rho, j -> rows[j][n] / rows[j][j]);
            return rho;
        }
    }

    @Override
    public List<Citation> citations() {
        return List.of(new Citation(
                "zhao2023unipc",
                "Zhao, W., Bai, L., Rao, Y., Zhou, J., Lu, J.",
                "UniPC: a unified predictor-corrector framework for fast sampling of diffusion models",
                2023,
                "NeurIPS"));
    }
}
