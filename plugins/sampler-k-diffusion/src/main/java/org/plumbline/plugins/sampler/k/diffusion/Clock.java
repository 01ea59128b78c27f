package org.plumbline.plugins.sampler.k.diffusion;

import java.util.Arrays;
import java.util.Locale;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.toolkit.sampler.ModelSettings;
import org.plumbline.toolkit.sampler.NoiseGrid;
import org.plumbline.toolkit.sampler.SigmaSpacing;
import org.plumbline.toolkit.sampler.SigmaTable;
import org.plumbline.toolkit.sampler.TimestepSpacing;

/**
 * The noise levels S that these samplers go through, and where they start.
 *
 * @param grid the levels and the labels of the network
 * @param initScale of the initial noise: the largest level, and for the leading spacing, which does not begin at pure
 *     noise, the root of one plus its square
 * @param spread how the levels were chosen, for names
 */
record Clock(NoiseGrid grid, double initScale, String spread) {
    /** What a scheduler's class says about its levels, beyond what all say. */
    enum Rules {
        /** Euler, with its own ends, final level and interpolation. */
        EULER,
        /** Euler ancestral, whose levels are those of the timesteps. */
        ANCESTRAL,
        /** Heun and LMS. */
        HEUN,
        /** The midpoint methods, which round the timesteps of the spacing of Karras. */
        DPM2
    }

    static Clock of(ModelSettings settings, Sampler.Request request, Rules rules) {
        if (!request.schedule().variancePreserving() || request.prediction() == PredictionType.FLOW) {
            throw settings.unsuited(
                    "a flow-matching model", "variance preserving models", "choose a flow-matching sampler");
        }
        int trainSteps = request.schedule().trainSteps();
        int steps = request.steps();
        settings.requireSteps(request, 1, trainSteps);
        SigmaTable table = new SigmaTable(request.schedule());
        TimestepSpacing spacing = settings.spacing(TimestepSpacing.LINSPACE);
        double[] labels = spacing.positions(trainSteps, steps, settings.integer("steps_offset", 0));
        double[] levels = Arrays.stream(labels).map(table::at).toArray();
        double last = 0;
        if (rules == Rules.EULER
                && settings.choice("interpolation_type", "linear", "linear", "log_linear")
                        .equals("log_linear")) {
            // K + 1 levels for K labels: the last of them is where the last step ends.
            double[] even = SigmaSpacing.EXPONENTIAL.levels(table.largest(), table.smallest(), steps + 1);
            levels = Arrays.copyOf(even, steps);
            last = even[steps];
        }
        SigmaSpacing spread = rules != Rules.ANCESTRAL ? SigmaSpacing.of(settings) : SigmaSpacing.TIMESTEPS;
        Double smallest = rules == Rules.EULER ? settings.optional("sigma_min") : null;
        Double largest = rules == Rules.EULER ? settings.optional("sigma_max") : null;
        if (spread != SigmaSpacing.TIMESTEPS) {
            double low = last > 0 ? last : levels[steps - 1];
            levels = spread.levels(largest != null ? largest : levels[0], smallest != null ? smallest : low, steps);
            boolean rounds = rules == Rules.DPM2 && spread == SigmaSpacing.KARRAS;
            labels = Arrays.stream(levels)
                    .map(level -> rounds ? Math.rint(table.timestep(level)) : table.timestep(level))
                    .toArray();
            last = 0;
        }
        if (rules == Rules.EULER
                && settings.choice("final_sigmas_type", "zero", "zero", "sigma_min")
                        .equals("sigma_min")
                && last == 0) {
            last = table.smallest();
        }
        if (rules == Rules.EULER
                && settings.choice("timestep_type", "discrete", "discrete", "continuous")
                        .equals("continuous")
                && request.prediction() == PredictionType.V_PREDICTION) {
            labels = Arrays.stream(levels).map(level -> Math.log(level) / 4).toArray();
        }
        double[] all = Arrays.copyOf(levels, steps + 1);
        all[steps] = last;
        NoiseGrid grid = new NoiseGrid(labels, all, false).from(request.firstStep());
        double start = grid.levels()[0];
        boolean pureNoise = request.firstStep() == 0 && spacing != TimestepSpacing.LEADING;
        return new Clock(
                grid,
                pureNoise ? start : Math.sqrt(start * start + 1),
                (spread == SigmaSpacing.TIMESTEPS ? spacing.name() : spread.name()).toLowerCase(Locale.ROOT));
    }
}
