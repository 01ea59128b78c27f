package org.plumbline.it.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.it.App;
import org.plumbline.kernel.chain.Batch;
import org.plumbline.kernel.chain.Ledger;
import org.plumbline.kernel.chain.NoiseSource;
import org.plumbline.kernel.chain.Rollout;
import org.plumbline.kernel.chain.SamplingChain;
import org.plumbline.kernel.chain.Workbench;
import org.plumbline.kernel.optimise.AdamW;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.study.Compatibility;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.estimator.ChainProfile;
import org.plumbline.spi.estimator.EstimatorTrait;
import org.plumbline.spi.estimator.GradientEstimator;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.sampler.Sampler;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.testkit.estimator.MeteredBackend;

/**
 * The published matrix of what can be combined. It is computed by what a study asks before it runs; the committed page must
 * be what is computed; one update is made for every cell that says yes, on every backend it stands for, and for every
 * other one the refusal comes before anything is evaluated.
 *
 * <p>{@code -Dplumbline.matrix=write} writes the page anew.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompatibilityMatrixTest {
    private static final Path PAGE =
            App.HOME.resolve("../../../../plugins/MATRIX.md").normalize();
    private static final String FLOW = " *flow* marks what does not suit it and was tried on a flow-matching chain.";
    private static final long SEED = 11;

    /** Stands for backends that only run forward where none is installed. */
    private static final String RESTRICTED = "djl-pytorch, restricted";

    @TempDir
    static Path scratch;

    private final Map<String, Workbench> benches = new HashMap<>();
    private Leases leases;
    private Map<Boolean, List<String>> backends;
    private List<Row> rows;

    /** What a column stands for; chains of diffusion and, for what needs it, of flow. */
    private record Column(boolean differentiates, boolean rewardGradient, boolean noise) {
        static List<Column> all() {
            List<Column> columns = new ArrayList<>();
            for (boolean differentiates : List.of(true, false)) {
                for (boolean gradient : List.of(true, false)) {
                    for (boolean noise : List.of(true, false)) {
                        columns.add(new Column(differentiates, gradient, noise));
                    }
                }
            }
            return columns;
        }

        Ground ground(boolean flow) {
            return flow
                    ? (noise ? Ground.NOISY_FLOW : Ground.FLOW)
                    : (noise ? Ground.NOISY_DIFFUSION : Ground.DIFFUSION);
        }
    }

    /** A form of an estimator and what every column says of it. */
    private record Row(EstimatorForm form, boolean flow, Map<Column, String> cells) {
        boolean possible() {
            return cells.containsValue("yes");
        }
    }

    @BeforeAll
    void start() {
        leases = new Leases(scratch);
        backends = leases.catalog().list().stream()
                .filter(plugin -> plugin.role() == PluginRole.BACKEND)
                .map(PluginDescription::id)
                .collect(Collectors.groupingBy(id -> leases.lease(ComputeBackend.class, id, Map.of())
                        .capabilities()
                        .contains(Capability.VJP)));
        rows = leases.catalog().list().stream()
                .filter(plugin -> plugin.role() == PluginRole.ESTIMATOR)
                .flatMap(plugin -> rows(plugin).stream())
                .toList();
    }

    @AfterAll
    void stop() {
        leases.close();
    }

    private GradientEstimator estimator(EstimatorForm form) {
        return leases.lease(GradientEstimator.class, form.id(), form.settings());
    }

    // ---- what the kernel says

    /** The default form, and those forms about which a column says something else. */
    private List<Row> rows(PluginDescription plugin) {
        List<Row> found = new ArrayList<>();
        for (EstimatorForm form : EstimatorForm.of(plugin)) {
            if (!sensible(form)) {
                continue;
            }
            Row row = row(form, false);
            Row other = row.possible() ? row : row(form, true);
            Row better = other.possible() ? other : row;
            if (form.settings().isEmpty()) {
                assertTrue(better.possible(), () -> form + " suits nothing: " + better.cells);
            }
            if (found.isEmpty() || (better.possible() && !better.cells.equals(found.get(0).cells))) {
                found.add(better);
            }
        }
        return found;
    }

    /** False for a value that needs others beside it. */
    private boolean sensible(EstimatorForm form) {
        try {
            estimator(form);
            return true;
        } catch (PlumblineException needsMore) {
            assertEquals(StandardError.BAD_VALUE, needsMore.code(), needsMore.getMessage());
            return false;
        }
    }

    private Row row(EstimatorForm form, boolean flow) {
        Map<Column, String> cells = new LinkedHashMap<>();
        for (Column column : Column.all()) {
            Workbench bench = bench(backends(column).get(0), column, flow);
            cells.put(column, cell(estimator(form), bench.profile(program(column.ground(flow)))));
        }
        return new Row(form, flow, cells);
    }

    private static String cell(GradientEstimator estimator, ChainProfile profile) {
        Set<EstimatorTrait> unmet = Compatibility.unmet(estimator, profile);
        if (Compatibility.verdict("it", estimator, profile).possible()) {
            assertEquals(Set.of(), unmet);
            return "yes";
        }
        return unmet.isEmpty()
                ? "no (c)"
                : "no ("
                        + unmet.stream()
                                .map(need -> switch (need) {
                                    case NEEDS_VJP -> "v";
                                    case NEEDS_REWARD_GRADIENT -> "r";
                                    case NEEDS_STOCHASTIC_SAMPLER -> "n";
                                    default -> throw new AssertionError(need + " is no need");
                                })
                                .sorted()
                                .collect(Collectors.joining(", "))
                        + ")";
    }

    // ---- the page

    @Test
    void theCommittedPageIsWhatIsComputed() throws IOException {
        String page = page();
        if ("write".equals(System.getProperty("plumbline.matrix"))) {
            Files.writeString(PAGE, page);
        }
        assertEquals(
                Files.exists(PAGE) ? Files.readString(PAGE) : "",
                page,
                () -> PAGE + " is out of date; write it anew with"
                        + " mvn verify -pl it-tests -Dit.test=CompatibilityMatrixTest -Dplumbline.matrix=write");
    }

    private String page() {
        StringBuilder page = new StringBuilder("""
                # What can be combined

                Computed from what the installed plugins declare, by the check that every study and `plumbline doctor` make
                before the first step; executed in the tests: one update for every yes, a refusal before anything is evaluated
                for every no. Not to be edited; written anew by
                `mvn verify -pl it-tests -Dit.test=CompatibilityMatrixTest -Dplumbline.matrix=write`.

                An estimator has a row of its own for each choice that changes what it can be combined with. The chain has 11
                steps of DDIM (trailing) and trains weights.%s

                | a no is because of | what would help |
                |---|---|
                | v | a backend with vector-Jacobian products |
                | r | a differentiable reward |
                | n | noise in the sampler's steps: `eta: 1` (DDIM), `noise: flow-grpo` (flow matching) |
                | c | the estimator's own condition; its message says which |
                """.formatted(rows.stream().anyMatch(Row::flow) ? FLOW : ""));
        for (boolean differentiates : List.of(true, false)) {
            List<String> known = backends.getOrDefault(differentiates, List.of());
            page.append("\n## ")
                    .append(
                            differentiates
                                    ? "Backends with vector-Jacobian products: "
                                    : "Backends that only run forward: ")
                    .append(
                            known.isEmpty()
                                    ? "none is installed; a restricted one stands for them"
                                    : known.stream().map(id -> "`" + id + "`").collect(Collectors.joining(", ")))
                    .append("\n\n| estimator | differentiable reward, noise | differentiable reward, no noise |")
                    .append(" black box, noise | black box, no noise |\n|---|---|---|---|---|\n");
            for (Row row : rows) {
                page.append("| ").append(title(row)).append(" |");
                row.cells.forEach((column, cell) -> {
                    if (column.differentiates == differentiates) {
                        page.append(' ').append(cell).append(" |");
                    }
                });
                page.append('\n');
            }
        }
        page.append("""

                Besides estimators: gradients are held against the truth (`plumbline gradients`, and `plumbline study` unless
                `gradients: {replicas: 0}`) only with vector-Jacobian products and a differentiable reward; `anchor: {kind: kl}`
                and `{kind: denoising}` and `plumbline pretrain` need vector-Jacobian products. Sampling, evaluation and rewards
                of every kind need none.
                """);
        return page.toString();
    }

    private static String title(Row row) {
        String choice = row.form.settings().entrySet().stream()
                .map(setting -> ", `" + setting.getKey() + ": " + setting.getValue() + "`")
                .collect(Collectors.joining());
        return "`" + row.form.id() + "`" + choice + (row.flow ? " *flow*" : "");
    }

    // ---- the proof

    @TestFactory
    Collection<DynamicTest> everyCellIsTrue() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Row row : rows) {
            tests.add(dynamicTest(title(row), () -> {
                for (Map.Entry<Column, String> cell : row.cells.entrySet()) {
                    for (String backend : backends(cell.getKey())) {
                        prove(row, cell.getKey(), cell.getValue().equals("yes"), backend);
                    }
                }
            }));
        }
        return tests;
    }

    private void prove(Row row, Column column, boolean possible, String backend) {
        Workbench bench = bench(backend, column, row.flow);
        ChainProfile profile = bench.profile(program(column.ground(row.flow)));
        GradientEstimator estimator = estimator(row.form);
        String what = title(row) + " on " + backend + ", " + column;
        Ledger.Work before = bench.ledger().reading();
        if (!possible) {
            PlumblineException refusal =
                    assertThrows(PlumblineException.class, () -> Compatibility.check(what, estimator, profile), what);
            assertFalse(String.valueOf(refusal.getMessage()).isBlank());
            assertEquals(before, bench.ledger().reading(), "evaluated before it was refused: " + what);
            return;
        }
        double[] theta = bench.initialParameters(SEED);
        try (Rollout rollout = bench.rollout(estimator.program(profile, 0), batch(), theta);
                SamplingChain chain = bench.chain(rollout, theta, SEED, 0)) {
            double[] gradient = estimator.estimate(chain).gradient();
            assertTrue(Arrays.stream(gradient).allMatch(Double::isFinite), what);
            new AdamW(AdamW.Settings.usual(), theta.length).ascend(theta.clone(), gradient, 1e-3);
        }
        Ledger.Work work = bench.ledger().reading().since(before);
        assertTrue(work.nfeForward() > 0, () -> what + ": " + work);
        assertEquals(
                estimator.traits().contains(EstimatorTrait.NEEDS_VJP),
                work.nfeBackward() > 0,
                () -> "differentiates exactly if it says so: " + what + ": " + work);
    }

    private static Batch batch() {
        List<String> prompts = new ArrayList<>();
        for (int row = 0; row < Ground.ROWS; row++) {
            prompts.add(Ground.PROMPTS.get(row % Ground.PROMPTS.size()));
        }
        return new Batch(prompts, NoiseSource.keyed(SEED, "compatibility-matrix", 0));
    }

    // ---- what is combined

    private List<String> backends(Column column) {
        return backends.getOrDefault(column.differentiates, List.of(RESTRICTED));
    }

    private Workbench bench(String backend, Column column, boolean flow) {
        Ground ground = column.ground(flow);
        return benches.computeIfAbsent(backend + column.rewardGradient + ground, key -> {
            ComputeBackend computes = backend.equals(RESTRICTED)
                    ? new MeteredBackend(leases.lease(ComputeBackend.class, "djl-pytorch", Map.of()), true)
                    : leases.lease(ComputeBackend.class, backend, Map.of());
            Workbench bench = Workbench.open(
                    computes, ground.parts(column.rewardGradient ? ground.reward() : new SumOfSquares()));
            leases.keep(bench);
            return bench;
        });
    }

    private final Map<Ground, SamplerProgram> programs = new HashMap<>();

    private SamplerProgram program(Ground ground) {
        return programs.computeIfAbsent(ground, key -> {
            DiffusionModel model = ground.model();
            Map<String, Object> settings = new HashMap<>(ground.settings());
            if (ground.sampler().equals("ddim")) {
                settings.put("timestep-spacing", "trailing"); // else the last step neither moves nor adds noise
            }
            return leases.lease(Sampler.class, ground.sampler(), settings)
                    .program(new Sampler.Request(
                            model.schedule(), model.prediction(), Ground.STEPS, model.samplerSettings()));
        });
    }
}
