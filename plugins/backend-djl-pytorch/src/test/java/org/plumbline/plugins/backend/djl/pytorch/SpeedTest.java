package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;

/**
 * Prints how long calls take: processor time of the calling thread, which does all the work with one thread and does not
 * count what other programs take. It asserts nothing about time.
 */
@Tag("long")
class SpeedTest {
    private static final int CALLS = 60;
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @ValueSource(ints = {16, 32})
    void forward_and_vjp_of_a_small_unet(int rows) {
        SmallUnet unet = new SmallUnet(1);
        Map<String, WeightSource.Weight> weights = unet.randomWeights(1);
        try (BackendSession session = TestSession.open();
                Network trained = session.compile(unet, WeightSource.none(), DjlNetworkTest.layout(weights));
                Network frozen = session.compile(unet, WeightSource.of(weights), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Tensor theta = DjlNetworkTest.theta(arena, weights);
            Tensor x = arena.tensor(TestSession.normal(1, rows * 256), rows, 1, 16, 16);
            Map<String, Tensor> inputs = Map.of("x", x, "t", arena.zeros(rows), "tokens", arena.zeros(rows, 4));
            print("forward, trainable, rows " + rows, arena, into -> trained.forward(into, theta, inputs));
            print("vjp of x and theta, rows " + rows, arena, into -> trained.vjp(into, theta, inputs, x, Set.of("x")));
            print("forward, frozen, rows " + rows, arena, into -> frozen.forward(into, null, inputs));
            print("vjp of x, frozen, rows " + rows, arena, into -> frozen.vjp(into, null, inputs, x, Set.of("x")));
            assertTrue(Arrays.stream(trained.forward(arena, theta, inputs).toDoubles())
                    .allMatch(Double::isFinite));
        }
    }

    @Test
    void the_overhead_of_a_call() {
        try (BackendSession session = TestSession.open();
                Network sum = session.compile(new SumOfInputs(), WeightSource.none(), ParameterLayout.empty());
                TensorArena arena = session.arena()) {
            Tensor x = arena.tensor(new double[] {1, 2}, 1, 2);
            Map<String, Tensor> inputs = Map.of("a", x, "b", x);
            double[] pixels = TestSession.normal(1, 16 * 256);
            Tensor image = arena.tensor(pixels, 16, 1, 16, 16);
            print("forward of one addition", arena, into -> sum.forward(into, null, inputs));
            print("vjp of one addition", arena, into -> sum.vjp(into, null, inputs, x, Set.of("a")));
            print("upload of 4096 numbers", arena, into -> into.tensor(pixels, 16, 1, 16, 16));
            print("toDoubles of 4096 numbers", arena, into -> image.toDoubles());
            print(
                    "combine of 3 x 4096",
                    arena,
                    into -> into.combine(new double[] {1, 2, 3}, List.of(image, image, image)));
            print("scaleRows of 4096", arena, into -> into.scaleRows(new double[16], image));
            print("dotRows of 4096", arena, into -> into.dotRows(image, image));
            print("an empty arena", arena, into -> {});
            assertTrue(arena.rows(image, 0, 1).rows() == 1);
        }
    }

    private interface Work {
        void run(TensorArena into);
    }

    private static void print(String what, TensorArena arena, Work work) {
        double[] microseconds = new double[CALLS];
        for (int i = -CALLS; i < CALLS; i++) {
            long start = CLOCK.getCurrentThreadCpuTime();
            try (TensorArena into = arena.nested()) {
                work.run(into);
            }
            if (i >= 0) {
                microseconds[i] = (CLOCK.getCurrentThreadCpuTime() - start) / 1e3;
            }
        }
        Arrays.sort(microseconds);
        System.out.printf(
                Locale.ROOT,
                "%-32s median %9.1f us, fastest %9.1f us%n",
                what,
                microseconds[CALLS / 2],
                microseconds[0]);
    }
}
