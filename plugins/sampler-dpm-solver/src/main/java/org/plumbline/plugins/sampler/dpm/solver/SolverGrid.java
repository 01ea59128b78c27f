package org.plumbline.plugins.sampler.dpm.solver;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.NoiseGrid;
import org.plumbline.toolkit.sampler.SigmaSpacing;
import org.plumbline.toolkit.sampler.SigmaTable;
import org.plumbline.toolkit.sampler.TimestepSpacing;

/**
 * The noise levels of these solvers. Unlike samplers that stop at the first training step, they spread K + 1 points and
 * leave out the last; time labels are whole numbers. For models of flow matching levels are sigmas.
 */
final class SolverGrid {
    private static final String COSINE = "squaredcos_cap_v2";

    private SolverGrid() {}

    /** Where the last step ends. */
    enum End {
        /** Without noise. */
        ZERO,
        /** At the first training step. */
        SIGMA_MIN,
        /** At the first training step, but where levels are spread once more at the last of them. */
        LAST
    }

    /** What the scheduler's classes do differently. */
    enum Rules {
        /** DPM-Solver. */
        DPM_SOLVER,
        /** DPM-Solver, single step: always the linear spacing. */
        SINGLE_STEP,
        /** UniPC. */
        UNI_PC,
        /** DEIS. */
        DEIS
    }

    static NoiseGrid of(ModelSettings settings, Sampler.Request request, Rules rules) {
        NoiseSchedule schedule = request.schedule();
        settings.requireSteps(request, 1, schedule.trainSteps() - 1);
        settings.lacks("use_dynamic_shifting", false);
        settings.choice("time_shift_type", "exponential", "exponential");
        boolean flow = settings.flag("use_flow_sigmas", !schedule.variancePreserving());
        double shift = settings.number("flow_shift", 1);
        boolean flowModel = request.prediction() == PredictionType.FLOW;
        if (flow == schedule.variancePreserving() || flow != flowModel) {
            throw settings.unsuited(
                    (flow ? "use_flow_sigmas" : "levels of a variance preserving model") + " and a model that predicts "
                            + request.prediction() + " on a "
                            + (schedule.variancePreserving() ? "variance preserving" : "flow") + " schedule",
                    "use_flow_sigmas for models of flow matching, and only for those",
                    "leave out use_flow_sigmas, or choose another sampler");
        }
        SigmaSpacing spread = SigmaSpacing.of(settings);
        boolean lu = rules == Rules.DPM_SOLVER && settings.flag("use_lu_lambdas", false);
        End end = end(settings, rules);
        TimestepSpacing spacing =
                rules == Rules.SINGLE_STEP ? TimestepSpacing.LINSPACE : settings.spacing(TimestepSpacing.LINSPACE);
        int offset = rules == Rules.SINGLE_STEP ? 0 : settings.integer("steps_offset", 0);
        double clipped = rules == Rules.DPM_SOLVER || rules == Rules.SINGLE_STEP
                ? settings.number("lambda_min_clipped", Double.NEGATIVE_INFINITY)
                : Double.NEGATIVE_INFINITY;
        @Nullable Double smallest = rules == Rules.UNI_PC ? settings.optional("sigma_min") : null;
        @Nullable Double largest = rules == Rules.UNI_PC ? settings.optional("sigma_max") : null;
        if (rules == Rules.UNI_PC) {
            settings.lacks("shift_terminal", 0);
        }
        if (flow) {
            if (spread != SigmaSpacing.TIMESTEPS) {
                throw settings.unsupported("use_flow_sigmas", true, "flow sigmas that are not spread otherwise");
            }
            return flow(request, shift, rules, end);
        }
        SigmaTable table = new SigmaTable(schedule);
        if (spread == SigmaSpacing.TIMESTEPS && !lu) {
            int[] timesteps =
                    spacing.solverTimesteps(schedule.trainSteps(), table.countFrom(clipped), request.steps(), offset);
            double[] labels = Arrays.stream(timesteps).asDoubleStream().toArray();
            return grid(labels, Arrays.stream(labels).map(table::at).toArray(), end == End.ZERO ? 0 : table.smallest());
        }
        double high = largest != null ? largest : table.largest();
        double low = smallest != null ? smallest : table.smallest();
        double[] levels = lu
                ? SigmaSpacing.EXPONENTIAL.levels(high, low, request.steps())
                : spread.levels(high, low, request.steps());
        boolean cosine = rules == Rules.DPM_SOLVER
                && settings.choice("beta_schedule", "", "", "linear", "scaled_linear", COSINE)
                        .equals(COSINE);
        boolean nearest = (lu || spread == SigmaSpacing.KARRAS) && !cosine;
        DoubleUnaryOperator label =
                level -> nearest ? Math.rint(table.timestep(level)) : Math.floor(table.timestep(level));
        double last = switch (end) {
            case ZERO -> 0;
            case SIGMA_MIN -> table.smallest();
            case LAST -> levels[levels.length - 1];
        };
        return grid(Arrays.stream(levels).map(label).toArray(), levels, last);
    }

    private static End end(ModelSettings settings, Rules rules) {
        if (rules == Rules.DEIS) {
            return End.LAST;
        }
        boolean zero = settings.choice("final_sigmas_type", "zero", "zero", "sigma_min")
                .equals("zero");
        return zero ? End.ZERO : rules == Rules.UNI_PC ? End.LAST : End.SIGMA_MIN;
    }

    private static NoiseGrid flow(Sampler.Request request, double shift, Rules rules, End end) {
        int trainSteps = request.schedule().trainSteps();
        int steps = request.steps();
        double[] levels = new double[steps + 1];
        double[] labels = new double[steps];
        for (int i = 0; i < steps; i++) {
            // UniPC begins at pure noise, just below it; the others one training step later.
            double even = rules == Rules.UNI_PC
                    ? 1 - (1 - 1.0 / trainSteps) * i / steps
                    : (1 - 1.0 / trainSteps) * (steps - i) / steps;
            levels[i] = Math.min(shift * even / (1 + (shift - 1) * even), 1 - 1e-6);
            labels[i] = Math.floor(levels[i] * trainSteps);
        }
        levels[steps] = end == End.ZERO ? 0 : end == End.LAST ? levels[steps - 1] : smallest(request);
        return new NoiseGrid(labels, levels, true).from(0);
    }

    private static double smallest(Sampler.Request request) {
        return 1.0 / request.schedule().trainSteps();
    }

    private static NoiseGrid grid(double[] labels, double[] levels, double last) {
        double[] all = Arrays.copyOf(levels, levels.length + 1);
        all[levels.length] = last;
        return new NoiseGrid(labels, all, false);
    }
}
