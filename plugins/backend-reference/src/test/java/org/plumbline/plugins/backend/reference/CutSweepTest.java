package org.plumbline.plugins.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.ChainParts;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.estimator.Denoiser;
import org.plumbline.spi.estimator.SweepPlan;
import org.plumbline.spi.estimator.Trajectory;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.problem.TanhChain;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** A sweep with cuts against the same sum written out call by call, and what it asks of the network. */
class CutSweepTest {
    private static final int ROWS = 3;
    private static final int CALLS = 6;
    private static final double[] WEIGHTS = {0.7, -1.3, 0.4};
    private static final TanhChain TOY = TanhChain.standard();

    private static ChainParts parts(TrainableTarget target) {
        DiscreteNoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.LINEAR.betas(10, 0.01, 0.2, Precision.FLOAT64), Precision.FLOAT64);
        return new ChainParts(
                ClosedFormModel.of(TOY, schedule), target, 1, QuadraticReward.around(TOY.target()), List.of(""), ROWS);
    }

    /** Cuts after every call: x' = 0.8 x + b m (+ 0.25 m_prev) + 0.3 z, so m_k is reached from cut k, and from cut k + 1. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cuts_after_every_call_give_the_sum_of_scores(boolean memory) {
        SamplerProgram program = memory ? TOY.programWithMemory(CALLS) : TOY.program(CALLS);
        try (Workbench workbench = Workbench.open(new ReferenceBackend(), parts(new TrainableTarget.Full(List.of())));
                Rollout rollout = workbench.rollout(program, batch(), TOY.theta());
                SamplingChain chain = workbench.chain(rollout, TOY.theta(), 0, 0)) {
            Trajectory sampled = chain.behaviour();
            SweepPlan plan = SweepPlan.of(program);
            for (int k = 0; k < CALLS; k++) {
                plan = plan.cut(k, WEIGHTS);
            }
            double[] swept = chain.sweep(sampled, plan);

            Denoiser.GradientSink sink = chain.denoiser().sink();
            double[] factors = Arrays.stream(WEIGHTS).map(w -> w / (ROWS * 0.3)).toArray();
            for (int k = 0; k < CALLS; k++) {
                Tensor cotangent = chain.arena()
                        .combine(new double[] {memory ? 0.5 : 0.7}, List.of(score(chain, sampled, k, factors)));
                if (memory && k + 1 < CALLS) {
                    cotangent = chain.arena()
                            .combine(new double[] {1, 0.25}, List.of(cotangent, score(chain, sampled, k + 1, factors)));
                }
                chain.denoiser()
                        .pullBack(
                                chain.arena(),
                                sampled.state(k),
                                program.calls().get(k).at(),
                                program.wanted(),
                                cotangent,
                                sink,
                                1);
            }
            assertArrayEquals(sink.gradient(), swept, 1e-13);
            assertTrue(Arrays.stream(swept).map(Math::abs).max().orElseThrow() > 0.1);
        }
    }

    private static Tensor score(SamplingChain chain, Trajectory sampled, int k, double... factors) {
        return chain.arena().scaleRows(factors, sampled.noise(k));
    }

    @Test
    void gradients_of_the_input_are_asked_for_where_they_lead_somewhere() {
        Watched backend = new Watched();
        SamplerProgram program = TOY.program(CALLS);
        try (Workbench workbench = Workbench.open(backend.backend(), parts(new TrainableTarget.Full(List.of())));
                Rollout rollout = workbench.rollout(program, batch(), TOY.theta());
                SamplingChain chain = workbench.chain(rollout, TOY.theta(), 0, 0)) {
            Trajectory sampled = chain.behaviour();
            // Calls 5, 4, 3 | cut after 2: 2, 1 | stop before 0.
            SweepPlan plan =
                    SweepPlan.of(program).fromReward(ROWS).cut(2, WEIGHTS).stopBefore(0);
            chain.sweep(sampled, plan);
            assertEquals(List.of(true, true, false, true, false), backend.taken());
            chain.sweep(sampled, SweepPlan.of(program).fromReward(ROWS));
            assertEquals(List.of(true, true, true, true, true, false), backend.taken());
            chain.sweep(
                    sampled,
                    SweepPlan.of(program).fromReward(ROWS).stopBefore(3).withoutParameters(4));
            assertEquals(List.of(true), backend.taken());
        }
        Watched other = new Watched();
        double[] noise = new double[ROWS * TOY.dimensions()];
        try (Workbench workbench = Workbench.open(other.backend(), parts(new TrainableTarget.InitialNoise()));
                Rollout rollout = workbench.rollout(program, batch(), noise);
                SamplingChain chain = workbench.chain(rollout, noise, 0, 0)) {
            chain.sweep(chain.behaviour(), SweepPlan.of(program).fromReward(ROWS));
            assertEquals(List.of(true, true, true, true, true, true), other.taken());
        }
    }

    private static Batch batch() {
        return new Batch(List.of("", "", ""), NoiseSource.keyed(5, "cut-sweep", 0));
    }

    /** A backend that notes for each backward pass of the denoiser whether the gradient of its input was asked for. */
    private static final class Watched {
        private final List<Boolean> asked = new ArrayList<>();

        ComputeBackend backend() {
            return wrap(ComputeBackend.class, new ReferenceBackend());
        }

        List<Boolean> taken() {
            List<Boolean> copy = List.copyOf(asked);
            asked.clear();
            return copy;
        }

        private <T> T wrap(Class<T> type, T target) {
            return type.cast(Proxy.newProxyInstance(
                    type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                        if (method.getName().equals("vjp")
                                && ((Network) target).definition().name().equals(TOY.name())) {
                            asked.add(((Set<?>) arguments[4]).contains("sample"));
                        }
                        try {
                            Object result = method.invoke(target, arguments);
                            if (result instanceof BackendSession session) {
                                return wrap(BackendSession.class, session);
                            }
                            return result instanceof Network network ? wrap(Network.class, network) : result;
                        } catch (InvocationTargetException failure) {
                            throw failure.getTargetException();
                        }
                    }));
        }
    }
}
