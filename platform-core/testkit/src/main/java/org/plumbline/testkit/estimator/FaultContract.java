package org.plumbline.testkit.estimator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;

/** What an estimator does when its backend fails in the middle of an estimate. */
public abstract class FaultContract extends NeedContract {
    FaultContract() {}

    /** Out of memory, device lost, not a number, a wrong shape, slow: at the first, the middle and the last network call. */
    @TestFactory
    Stream<DynamicTest> a_fault_of_the_backend_comes_through_and_leaves_nothing_behind() {
        return Arrays.stream(CrankyBackend.Fault.values())
                .flatMap(fault -> Stream.of(0.0, 0.5, 1.0)
                        .map(place -> dynamicTest(
                                fault + " after " + Math.round(100 * place) + " % of the network calls",
                                () -> checkFault(fault, place))));
    }

    private void checkFault(CrankyBackend.Fault fault, double place) {
        CrankyBackend cranky = new CrankyBackend(backend());
        MeteredBackend metered = new MeteredBackend(cranky, false);
        try (metered;
                Workbench bench = Workbench.open(metered, Situation.WEIGHTS.parts(rows()));
                GradientEstimator undisturbed = estimator();
                GradientEstimator estimator = estimator()) {
            double[] theta = bench.initialParameters(9);
            int alive = metered.aliveTensors();
            cranky.behave();
            double[] healthy =
                    estimate(bench, undisturbed, Situation.WEIGHTS, 9, 0).gradient();
            long last = cranky.calls() - 1;
            Map<String, double[]> memory = Map.copyOf(estimator.memory());

            cranky.failAt(fault, Math.round(place * last));
            double[] kept = theta.clone();
            String what = fault + " at network call " + Math.round(place * last) + " of " + (last + 1);
            double @Nullable [] found = null;
            @Nullable PlumblineException failure = null;
            SamplerProgram program = program(estimator, bench, Situation.WEIGHTS);
            try (Rollout rollout = bench.rollout(program, batch(9, 0), theta);
                    SamplingChain chain = bench.chain(rollout, theta, 9, 0)) {
                try {
                    found = estimator.estimate(chain).gradient();
                } catch (PlumblineException expected) {
                    failure = expected;
                }
                assertArrayEquals(kept, chain.parameters(), what + ": parameters");
            }
            switch (fault) {
                case OUT_OF_MEMORY -> assertCode(StandardError.OUT_OF_MEMORY, failure, what);
                case BACKEND_LOST -> assertCode(StandardError.BACKEND_LOST, failure, what);
                case WRONG_SHAPE -> assertCode(StandardError.PLUGIN_CONTRACT, failure, what);
                case SLOW -> assertArrayEquals(healthy, found, what + ": a slow backend changes no number");
                case NOT_A_NUMBER -> {
                    if (found == null) {
                        assertCode(StandardError.NOT_FINITE, failure, what);
                    } else if (Arrays.stream(found).allMatch(Double::isFinite)) {
                        // The host refuses what is not finite. A number that looks like one must not depend on the
                        // fault.
                        assertArrayEquals(healthy, found, what + ": the fault was swallowed");
                    }
                }
            }
            assertArrayEquals(kept, theta, what + ": parameters");
            assertEquals(alive, metered.aliveTensors(), what + ": tensors leaked");

            cranky.behave();
            boolean remembers = !memory.keySet().equals(estimator.memory().keySet())
                    || estimator.memory().entrySet().stream()
                            .anyMatch(entry -> !Arrays.equals(entry.getValue(), memory.get(entry.getKey())));
            double[] again = estimate(bench, estimator, Situation.WEIGHTS, 9, 0).gradient();
            if (remembers) {
                assertEquals(healthy.length, again.length, what + ": a healthy backend afterwards");
            } else {
                assertArrayEquals(healthy, again, what + ": on a healthy backend afterwards all is as ever");
            }
        }
    }

    private static void assertCode(StandardError code, @Nullable PlumblineException failure, String what) {
        assertEquals(code, failure == null ? null : failure.code(), () -> what + " must come through as " + code);
    }
}
