package org.plumbline.testkit.problem;

import java.util.ArrayList;
import java.util.List;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.OutputTransform;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;

/** How a problem is sampled, in any number of calls. */
sealed interface Sampling {
    /** The number of calls of the problem itself. */
    int calls();

    /** The program of so many calls. */
    SamplerProgram program(int calls);

    /** x' = keep x + output m + memory m_prev + noise z from a standard normal x; without time. */
    record Steps(int calls, double keep, double output, double memory, double noise) implements Sampling {
        @Override
        public SamplerProgram program(int calls) {
            SamplerProgram silent = table(calls, 0);
            return noise == 0 ? silent : table(calls, noise).withDeterministic(silent);
        }

        private SamplerProgram table(int calls, double noise) {
            List<SamplerCall> table = new ArrayList<>();
            for (int k = 0; k < calls; k++) {
                TimePoint at = new TimePoint(calls - 1.0 - k, 1, 1);
                table.add(
                        memory == 0
                                ? SamplerCall.single(at, keep, output, 0, noise)
                                : new SamplerCall(
                                        at,
                                        1,
                                        new double[] {1, 0},
                                        new double[][] {{keep, memory}, {0, 0}},
                                        new double[] {output, 1},
                                        new double[] {0, 0},
                                        noise));
            }
            double[] x = memory == 0 ? new double[] {1} : new double[] {1, 0};
            return new SamplerProgram("chain", PredictionType.EPSILON, OutputTransform.none(), x.length, 1, table, x);
        }
    }

    /**
     * DDIM between two values of alpha-bar, evenly spaced in log(alpha-bar / (1 - alpha-bar)).
     *
     * @param eta 1 for ancestral sampling, 0 for no noise
     */
    record Levels(int calls, double from, double to, double eta) implements Sampling {
        private static final double TRAINING_STEPS = 1000;

        @Override
        public SamplerProgram program(int calls) {
            SamplerProgram silent = table(calls, 0);
            return eta == 0 ? silent : table(calls, eta).withDeterministic(silent);
        }

        private SamplerProgram table(int calls, double eta) {
            List<SamplerCall> table = new ArrayList<>();
            for (int k = 0; k < calls; k++) {
                double here = level(k, calls);
                double next = level(k + 1, calls);
                double noise = eta * Math.sqrt((1 - next) / (1 - here) * (1 - here / next));
                double keep = Math.sqrt(next / here);
                double ofEpsilon = Math.sqrt(1 - next - noise * noise) - keep * Math.sqrt(1 - here);
                TimePoint at =
                        new TimePoint(TRAINING_STEPS * (calls - k) / calls - 1, Math.sqrt(here), Math.sqrt(1 - here));
                table.add(SamplerCall.single(at, keep, ofEpsilon, 0, noise));
            }
            return new SamplerProgram(
                    "levels", PredictionType.EPSILON, OutputTransform.none(), 1, 1, table, new double[] {1});
        }

        private double level(int k, int calls) {
            double start = Math.log(from / (1 - from));
            double end = Math.log(to / (1 - to));
            return 1 / (1 + Math.exp(-(start + (end - start) * k / calls)));
        }
    }
}
