package org.plumbline.plugins.estimator.adjoint.dpm;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Compatibility;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Configuration;
import org.plumbline.plugins.estimator.adjoint.dpm.AdjointDpm.Method;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.NoiseSchedule;
import org.plumbline.testkit.estimator.RecordedFlow;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.sampler.FlowDomain;
import org.plumbline.toolkit.schedule.CosineSchedule;
import org.plumbline.toolkit.schedule.FlowSchedule;
import org.plumbline.toolkit.schedule.LinearSchedule;
import org.plumbline.toolkit.statistics.Vectors;

/** How fast the adjoint equation's error against the exact adjoint of the same samples falls with the step. */
class OrderTest {
    private static final System.Logger LOG = System.getLogger(OrderTest.class.getName());

    /** Observed orders are those of finite steps. */
    private static final double TOLERANCE = 0.3;

    /** From so many steps to twice as many. */
    @ParameterizedTest
    @CsvSource({
        "EULER, 0, 1, 80, true",
        "EULER, 0, 1, 80, false",
        "MIDPOINT, 0, 2, 40, true",
        "MIDPOINT, 0, 2, 40, false",
        "HEUN, 0, 2, 40, true",
        "HEUN, 0, 2, 40, false",
        "RK4, 0, 4, 20, true",
        "RK4, 0, 4, 20, false",
        "ADAMS_BASHFORTH, 2, 2, 80, true",
        "ADAMS_BASHFORTH, 3, 3, 80, true",
        "ADAMS_BASHFORTH, 3, 3, 80, false",
        "ADAMS_BASHFORTH, 4, 4, 80, true"
    })
    void the_bias_is_of_the_order_of_the_method(Method method, int order, int expected, int steps, boolean recorded) {
        Bias bias = n -> gradientError(configuration(method, order, n, null, recorded, FlowDomain.NOISE));
        bias.mustFall(method + "-" + order + (recorded ? " recorded" : ""), steps, expected);
    }

    /** The nodes of the way back lie between those of the way there, or are every second one of them. */
    @ParameterizedTest
    @CsvSource({"RK4, 0, 4, 40, 1.5, true", "RK4, 0, 4, 40, 0.5, true", "MIDPOINT, 0, 2, 40, 1.5, false"})
    void so_it_is_with_other_steps_on_the_way_back(
            Method method, int order, int expected, int steps, double factor, boolean recorded) {
        Bias bias = n -> gradientError(
                configuration(method, order, n, (int) Math.round(factor * n), recorded, FlowDomain.NOISE));
        bias.mustFall(method + " with " + factor + " of the steps back", steps, expected);
    }

    /** On nodes with equal steps of log-snr the coefficients of equal steps would be of first order. */
    @ParameterizedTest
    @CsvSource({"2, 80", "3, 80", "4, 80"})
    void samples_of_adams_bashforth_approach_the_solution_with_its_order(int order, int steps) {
        Bias bias = n -> Vectors.norm(Vectors.difference(
                RecordedFlow.reference().numbers("x0"),
                found(
                                configuration(Method.ADAMS_BASHFORTH, order, n, null, true, FlowDomain.NOISE),
                                new TrainableTarget.InitialNoise(),
                                null)
                        .output()));
        bias.mustFall("Adams-Bashforth " + order, steps, order);
    }

    static Stream<NoiseSchedule> schedules() {
        return Stream.of(LinearSchedule.standard(), CosineSchedule.standard());
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void schedules_of_continuous_time_are_solved_as_well(NoiseSchedule schedule) {
        Bias bias = n -> gradientError(
                configuration(Method.MIDPOINT, 0, n, null, true, FlowDomain.NOISE), RecordedFlow.model(schedule));
        bias.mustFall(schedule.toString(), 60, 2);
    }

    @Test
    void in_the_data_domain_the_order_is_the_same() {
        Bias bias = n -> gradientError(configuration(Method.MIDPOINT, 0, n, null, true, FlowDomain.DATA));
        bias.mustFall("midpoint in gamma", 60, 2);
    }

    /** Its schedule begins without signal, so that only the data domain is finite; grid: time-uniform. */
    @Test
    void a_flow_matching_model_is_solved_in_the_data_domain() {
        DiffusionModel flow = ClosedFormModel.of(
                RecordedFlow.denoiser().predicting(PredictionType.FLOW),
                new FlowSchedule(20),
                List.of("c"),
                RecordedFlow.denoiser().condition());
        Bias bias = n -> gradientError(
                new Configuration(
                        Method.MIDPOINT,
                        3,
                        n,
                        null,
                        Grid.TIME_UNIFORM,
                        FlowDomain.DATA,
                        true,
                        false,
                        Compatibility.PAPER),
                flow);
        bias.mustFall("midpoint of a flow-matching model", 40, 2);
    }

    @FunctionalInterface
    private interface Bias {
        double at(int steps);

        default void mustFall(String what, int steps, double order) {
            double coarse = at(steps);
            double fine = at(2 * steps);
            double slope = Math.log(coarse / fine) / Math.log(2);
            String found = String.format(
                    Locale.ROOT,
                    "%s: %.3g with %d steps, %.3g with %d: order %.2f",
                    what,
                    coarse,
                    steps,
                    fine,
                    2 * steps,
                    slope);
            LOG.log(System.Logger.Level.INFO, found);
            assertTrue(slope > order - TOLERANCE, found);
        }
    }

    private static Configuration configuration(
            Method method, int order, int steps, @Nullable Integer back, boolean recorded, FlowDomain domain) {
        return new Configuration(
                method, Math.max(2, order), steps, back, Grid.LOG_SNR, domain, recorded, false, Compatibility.PAPER);
    }

    private static double gradientError(Configuration configuration) {
        return gradientError(configuration, null);
    }

    private static double gradientError(Configuration configuration, @Nullable DiffusionModel model) {
        List<double[]> exact = new ArrayList<>();
        List<double[]> solved = new ArrayList<>();
        for (TrainableTarget target : RecordedFlow.TARGETS) {
            RecordedFlow.Found found = found(configuration, target, model);
            exact.add(found.exact());
            solved.add(found.estimate().gradient());
        }
        return RecordedFlow.relative(exact, solved);
    }

    private static RecordedFlow.Found found(
            Configuration configuration, TrainableTarget target, @Nullable DiffusionModel model) {
        AdjointDpm estimator = new AdjointDpm(configuration);
        return model == null
                ? RecordedFlow.run(new ReferenceBackend(), estimator, target)
                : RecordedFlow.run(new ReferenceBackend(), estimator, target, model);
    }
}
