package org.plumbline.plugins.example.estimator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import org.plumbline.plugins.backend.reference.ReferenceBackend;
import org.plumbline.plugins.example.estimator.WrongEstimator.Fault;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.BiasOrder;
import org.plumbline.testkit.estimator.ExpectedWork;
import org.plumbline.testkit.estimator.GradientEstimatorContract;

/** Estimators that are wrong on purpose fail the contract, and its message names the claim that is broken. */
class PlantedFaultsTest {
    private static final String EXPECTATION = "the_expectation_is_what_the_trait_unbiased_says";
    private static final String FAULTS = "a_fault_of_the_backend_comes_through_and_leaves_nothing_behind";
    private static final String ORDER = "the_bias_vanishes_as_it_is_claimed";

    @Test
    void the_estimator_without_a_fault_passes() {
        assertEquals(List.of(), failures(Sound.class, ""));
    }

    @Test
    void a_baseline_that_is_missing_in_the_scores_place_breaks_unbiased() {
        assertBroken(MisplacedBaseline.class, EXPECTATION, "declares the trait UNBIASED, but is biased");
    }

    @Test
    void a_score_at_the_wrong_end_of_the_sub_chain_breaks_unbiased() {
        assertBroken(WrongEnd.class, EXPECTATION, "declares the trait UNBIASED, but is biased");
    }

    @Test
    void a_truncation_that_is_declared_unbiased_breaks_unbiased() {
        List<String> messages =
                assertBroken(Truncated.class, EXPECTATION, "declares the trait UNBIASED, but is biased");
        assertTrue(
                messages.stream()
                        .allMatch(message -> message.contains("To repeat: mvn test -Dtest='")
                                && message.contains("-Dplumbline.contract.seed=")),
                messages::toString);
    }

    @Test
    void an_absence_of_bias_that_is_not_declared_is_noticed() {
        assertBroken(Undeclared.class, EXPECTATION, "does not declare the trait UNBIASED, but no bias shows");
    }

    @Test
    void work_that_is_not_documented_is_counted() {
        assertBroken(Busy.class, "the_work_is_what_is_documented", "documented work: forward evaluations per sample");
    }

    @Test
    void a_need_that_is_not_declared_is_noticed() {
        assertBroken(
                Needy.class,
                "the_gradient_of_the_reward_is_used_exactly_if_it_is_declared_a_need",
                "does not declare the trait NEEDS_REWARD_GRADIENT, but needs it");
    }

    @Test
    void trouble_that_is_swallowed_is_noticed() {
        assertBroken(Swallowing.class, FAULTS, "must come through as BACKEND_LOST");
        assertBroken(Swallowing.class, FAULTS, "the fault was swallowed");
    }

    @Test
    void a_memory_that_is_not_handed_over_is_noticed() {
        assertBroken(
                Forgetful.class,
                "an_estimator_that_recalls_its_memory_goes_on_with_the_same_bits",
                "memory() is not all");
    }

    @Test
    void random_numbers_from_elsewhere_are_noticed() {
        assertBroken(Random.class, "the_same_seed_gives_the_same_bits_and_another_one_others", "same seed, same bits");
    }

    @Test
    void a_bias_that_vanishes_slower_than_claimed_is_noticed() {
        assertEquals(List.of(), failures(FirstOrder.class, ORDER));
        assertBroken(SecondOrder.class, ORDER, "claims a bias of order 2");
    }

    private static List<String> assertBroken(Class<?> contract, String test, String claim) {
        List<String> failures = failures(contract, test);
        assertTrue(failures.stream().anyMatch(message -> message.contains(claim)), failures::toString);
        return failures;
    }

    /** Runs one test of a contract, or all if none is named, and collects the messages of what failed. */
    private static List<String> failures(Class<?> contract, String test) {
        PostDiscoveryFilter chosen = descriptor -> FilterResult.includedIf(test.isEmpty()
                || !(descriptor.getSource().orElse(null) instanceof MethodSource method)
                || method.getMethodName().equals(test));
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(contract))
                .filters(chosen)
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        TestExecutionSummary summary = listener.getSummary();
        assertTrue(summary.getTestsFoundCount() > 0, test);
        List<String> messages = new ArrayList<>();
        for (TestExecutionSummary.Failure failure : summary.getFailures()) {
            messages.add(failure.getTestIdentifier().getDisplayName() + ": " + failure.getException());
        }
        return messages;
    }

    static class Sound extends Contract {
        Sound() {
            super(Fault.NONE);
        }
    }

    static class MisplacedBaseline extends Contract {
        MisplacedBaseline() {
            super(Fault.BASELINE_IN_THE_WRONG_PLACE);
        }
    }

    static class WrongEnd extends Contract {
        WrongEnd() {
            super(Fault.SCORE_AT_THE_WRONG_END);
        }
    }

    static class Truncated extends Contract {
        Truncated() {
            super(Fault.TRUNCATED_BUT_DECLARED_UNBIASED);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(program.size() + 2, 2, 1);
        }
    }

    static class Undeclared extends Contract {
        Undeclared() {
            super(Fault.UNBIASED_BUT_NOT_DECLARED);
        }
    }

    static class Busy extends Contract {
        Busy() {
            super(Fault.MORE_WORK_THAN_DOCUMENTED);
        }
    }

    static class Needy extends Contract {
        Needy() {
            super(Fault.UNDECLARED_NEED);
        }
    }

    static class Swallowing extends Contract {
        Swallowing() {
            super(Fault.SWALLOWS_TROUBLE);
        }
    }

    static class Forgetful extends Contract {
        Forgetful() {
            super(Fault.FORGETS_ITS_MEMORY);
        }
    }

    static class Random extends Contract {
        Random() {
            super(Fault.OWN_RANDOM_NUMBERS);
        }
    }

    static class FirstOrder extends Claiming {
        FirstOrder() {
            super(1);
        }
    }

    static class SecondOrder extends Claiming {
        SecondOrder() {
            super(2);
        }
    }

    abstract static class Claiming extends Contract {
        private final int order;

        Claiming(int order) {
            super(Fault.NONE);
            this.order = order;
        }

        @Override
        protected Optional<BiasOrder> biasOrder() {
            return Optional.of(BiasOrder.of("size of the step", order)
                    .level(0.2, 3, new OneSidedDifferences(0.2))
                    .level(0.1, 3, new OneSidedDifferences(0.1))
                    .level(0.05, 3, new OneSidedDifferences(0.05)));
        }
    }

    abstract static class Contract extends GradientEstimatorContract {
        private final Fault fault;

        Contract(Fault fault) {
            this.fault = fault;
        }

        @Override
        protected ComputeBackend backend() {
            return new ReferenceBackend();
        }

        @Override
        protected GradientEstimator estimator() {
            return new WrongEstimator(fault);
        }

        @Override
        protected ExpectedWork work(SamplerProgram program) {
            return new ExpectedWork(2 * program.size(), program.size(), 1);
        }
    }
}
