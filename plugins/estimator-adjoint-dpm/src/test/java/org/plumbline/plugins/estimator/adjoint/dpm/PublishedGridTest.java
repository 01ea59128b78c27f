package org.plumbline.plugins.estimator.adjoint.dpm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Compatibility;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Configuration;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Method;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.RecordedFlow;
import org.plumbline.testkit.estimator.TenStepToy;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.sampler.FlowTable;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

class PublishedGridTest {
    private static final NoiseSchedule STABLE_DIFFUSION = schedule(BetaSchedule.SCALED_LINEAR, 0.00085, 0.012);

    /** What the published code's own grid holds for betas 1e-4 to 0.02: float32 numbers. */
    @Test
    void nodes_are_those_of_the_published_code_to_the_last_bit() {
        double[] recorded = {
            157.40725708007812, 54.56751251220703, 21.417495727539062, 9.488921165466309, 4.703334331512451,
            2.5546910762786865, 1.4623569250106812, 0.8219356536865234, 0.3803713917732239, 0.010001329705119133
        };
        double[] nodes = new PublishedGrid(schedule(BetaSchedule.LINEAR, 1e-4, 0.02), 10).nodes();
        assertEquals(recorded.length, nodes.length);
        for (int i = 0; i < nodes.length; i++) {
            // A table of cumulative products differs in its last bits from one processor to the next.
            assertEquals(recorded[i], nodes[i], 4e-7 * recorded[i] / Math.min(1, recorded[i] * recorded[i]));
        }
    }

    @Test
    void stable_diffusion_begins_and_ends_with_the_published_scales() {
        FlowTable table = new PublishedGrid(STABLE_DIFFUSION, 50).forwards(ButcherTableau.EULER);
        SamplerProgram program = table.program();
        assertEquals(49, program.size());
        assertEquals(14.6146, program.initScale(), 1e-4);
        assertArrayEquals(new double[] {1}, program.output());
        assertEquals(999, program.calls().get(0).at().label());
        assertEquals(0.0292, table.positions()[49], 1e-4);
    }

    @Test
    void between_nodes_the_network_is_told_the_nearest_one_and_the_noisier_of_two() {
        double[] nodes = new PublishedGrid(STABLE_DIFFUSION, 10).nodes();
        List<SamplerCall> midpoints = new PublishedGrid(STABLE_DIFFUSION, 10)
                .forwards(ButcherTableau.MIDPOINT)
                .program()
                .calls();
        assertEquals(999, midpoints.get(1).at().label(), "the middle of the first step is equally near to 999 and 888");
        assertEquals(1 / Math.sqrt(1 + nodes[0] * nodes[0]), midpoints.get(1).inputScale(), 1e-15);
        List<SamplerCall> thirds = new PublishedGrid(STABLE_DIFFUSION, 10)
                .forwards(ButcherTableau.THREE_EIGHTHS)
                .program()
                .calls();
        assertArrayEquals(
                new double[] {999, 999, 888, 888},
                thirds.stream().limit(4).mapToDouble(call -> call.at().label()).toArray());
    }

    @Test
    void adams_steps_grow_from_two_runge_kutta_steps_to_eleven_slopes() {
        FlowTable table = new PublishedGrid(STABLE_DIFFUSION, 30).adamsForwards(ButcherTableau.THREE_EIGHTHS);
        assertEquals(29 + 6, table.program().size());
        assertEquals(8, table.starts()[2]);
        // y, three stages, ten old slopes.
        assertEquals(14, table.program().registers());
        double h = table.positions()[3] - table.positions()[2];
        double[] third = table.program().calls().get(8).ofOutput();
        assertEquals(23.0 / 12 * h, third[0], 1e-12 * Math.abs(h));
    }

    @Test
    void its_exact_form_is_exact_and_its_adjoint_equation_errs() {
        for (Method method : List.of(Method.EULER, Method.MIDPOINT, Method.RK4, Method.ADAMS_BASHFORTH)) {
            double exact = error(method, true);
            assertTrue(exact < 1e-12, () -> method + " exact: " + exact);
            // Eleven slopes with the coefficients of equal steps blow up on this grid, forwards already.
            double solved = method == Method.ADAMS_BASHFORTH ? 0.5 : error(method, false);
            assertTrue(solved > 1e-5 && solved < 1, () -> method + " solved: " + solved);
        }
    }

    private static double error(Method method, boolean exact) {
        return RecordedFlow.run(
                        new ReferenceBackend(), new AdjointDpm(official(method, 40, exact)), RecordedFlow.WEIGHTS)
                .error();
    }

    /** A sampler of ten steps is ten nodes, whatever the method costs. */
    @Test
    void without_steps_there_are_as_many_nodes_as_the_study_has_calls() {
        AdjointDpm midpoint = new AdjointDpm(new Configuration(
                Method.MIDPOINT,
                3,
                null,
                null,
                Grid.TIME_UNIFORM,
                FlowDomain.NOISE,
                true,
                false,
                Compatibility.OFFICIAL));
        try (ReferenceBackend backend = new ReferenceBackend();
                Workbench bench = TenStepToy.open(backend, 2)) {
            assertEquals(
                    2 * 9,
                    midpoint.program(bench.profile(TenStepToy.program())).size());
        }
    }

    @Test
    void what_the_published_code_cannot_do_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> official(Method.HEUN, 10, false));
        assertThrows(IllegalArgumentException.class, () -> official(Method.EULER, 1, false));
    }

    private static Configuration official(Method method, int nodes, boolean exact) {
        return new Configuration(
                method, 3, nodes, null, Grid.TIME_UNIFORM, FlowDomain.NOISE, true, exact, Compatibility.OFFICIAL);
    }

    private static NoiseSchedule schedule(BetaSchedule family, double first, double last) {
        return DiscreteNoiseSchedule.ofBetas(family.betas(1000, first, last, Precision.FLOAT32), Precision.FLOAT32);
    }
}
