package org.plumbline.testkit.problem;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.toolkit.problem.LinearGaussian;
import org.plumbline.toolkit.sampler.ButcherTableau;
import org.plumbline.toolkit.sampler.ExponentialIntegrator;
import org.plumbline.toolkit.sampler.ExponentialIntegrator.Grid;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;
import org.plumbline.toolkit.statistics.Vectors;

class ProblemFileTest {
    private static final String TOY = """
            {"network": "tanh-chain", "dimensions": 2, "weights": {"W": [[0.7, -0.5], [0.4, 0.6]]},
             "chain": {"calls": 4, "keep": 0.8, "output": 0.5, "memory": 0.25, "noise": 0.4},
             "reward": {"offset": 2, "factor": 1, "centre": [1.2, -0.6]}, "seed": 7}
            """;

    @TempDir
    private Path folder;

    @Test
    void the_built_in_problems_are_files_too() {
        List<Problem> problems = ProblemFile.builtIn();
        assertEquals("[tanh-chain, cut-toy, linear-gaussian, gaussian-mixture, conditioned-mlp]", problems.toString());
        assertEquals(10, problems.get(0).program().size());
        assertEquals(2, problems.get(1).program().registers());
        for (Problem problem : problems) {
            assertTrue(problem.program().stochastic(0));
            assertEquals(7, problem.program(7).size());
        }
    }

    @Test
    void a_file_is_read_as_it_stands() throws IOException {
        Problem toy = read(TOY);
        assertEquals("toy", toy.name());
        assertEquals(7, toy.seed());
        assertEquals(4, toy.program().size());
        assertArrayEquals(new double[] {0.8, 0.25}, toy.program().calls().get(2).transition()[0]);
        assertArrayEquals(
                new double[] {0.7, -0.5, 0.4, 0.6},
                toy.parts(2).model().denoiserWeights().doubles("W"));
        assertTrue(toy.gradient(toy.program()).isEmpty());
    }

    @Test
    void files_of_the_named_folder_are_added() throws IOException {
        Files.createDirectories(folder.resolve("problems"));
        Files.writeString(folder.resolve("problems/b.json"), TOY);
        Files.writeString(folder.resolve("problems/a.json"), TOY);
        Files.writeString(folder.resolve("problems/notes.txt"), "no problem");
        String before = System.getProperty(GoldenFolder.PROPERTY);
        try {
            System.setProperty(GoldenFolder.PROPERTY, folder.toString());
            List<Problem> all = ProblemFile.all();
            assertEquals("[a, b]", all.subList(5, all.size()).toString());
        } finally {
            if (before == null) {
                System.clearProperty(GoldenFolder.PROPERTY);
            } else {
                System.setProperty(GoldenFolder.PROPERTY, before);
            }
        }
    }

    @Test
    void a_gradient_that_is_given_is_known_for_the_files_own_sampler_only() throws IOException {
        Problem toy = read(TOY.replace("\"seed\": 7", "\"gradient\": [1, 2, 3, 4]"));
        assertArrayEquals(new double[] {1, 2, 3, 4}, toy.gradient(toy.program()).orElseThrow());
        assertTrue(toy.gradient(toy.program(5)).isEmpty());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"seed\" | \"sede\" | unknown key 'sede'",
                "tanh-chain | tanh | the network 'tanh'",
                "\"W\" | \"V\" | a weight 'V'",
                "[0.4, 0.6] | [0.4] | 3 numbers for W, which has 4",
                "[1.2, -0.6] | [1.2] | 1 numbers for 2 dimensions",
                "\"calls\": 4, | \"steps\": 4, | lacks the key 'calls'",
                "\"chain\" | \"prompts\" | takes no prompts",
                "{\"network\" | \"network\" | toy"
            })
    void what_is_wrong_with_a_file_is_said(String part, String wrong, String message) {
        PlumblineException refusal = assertThrows(PlumblineException.class, () -> read(TOY.replace(part, wrong)));
        assertEquals(StandardError.MALFORMED_FILE, refusal.code());
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    private Problem read(String text) throws IOException {
        Path file = folder.resolve("toy.json");
        Files.writeString(file, text);
        return ProblemFile.read(file);
    }

    /** The built-in file holds the gradient that complex-step differentiation of the full matrix recursion gave. */
    @Test
    void a_wrong_gradient_of_the_linear_gaussian_is_refused() throws IOException {
        String text = """
                {"network": "linear-gaussian", "sampler": {"calls": 5, "from": 0.1, "to": 0.8, "eta": 1},
                 "reward": {"offset": 2, "factor": 1, "centre": [0.6, 0.9, -0.4]},
                 "gradient": [0.0015708162972836832, 2.212887022843059, -1.1763672138123333, -1.2955820517254695,
                              -0.23166181237989675, -0.07710720036709005]}
                """;
        Problem gaussian = read(text);
        assertEquals(2.212887022843059, gaussian.gradient(gaussian.program()).orElseThrow()[1], 1e-12);
        PlumblineException refusal =
                assertThrows(PlumblineException.class, () -> read(text.replace("2.2128870", "2.2128880")));
        assertTrue(refusal.getMessage().contains("component 1 of the gradient"), refusal.getMessage());
    }

    /** All solvers integrate one equation: half the step leaves half of Euler's error and a quarter of Heun's. */
    @Test
    void the_truth_holds_for_solvers_of_several_registers() {
        double[] limit = flow(ButcherTableau.RK4, 400);
        for (ButcherTableau method : List.of(ButcherTableau.EULER, ButcherTableau.HEUN)) {
            double coarse = Vectors.norm(Vectors.difference(flow(method, 200), limit));
            double fine = Vectors.norm(Vectors.difference(flow(method, 400), limit));
            double expected = method == ButcherTableau.EULER ? 2 : 4;
            assertEquals(expected, coarse / fine, 0.05 * expected, method.toString());
        }
    }

    private static double[] flow(ButcherTableau method, int steps) {
        DiscreteNoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
        SamplerProgram program =
                new ExponentialIntegrator(schedule, Grid.LOG_SNR.times(schedule, steps)).program(method);
        return new GaussianTruth(new LinearGaussian(), 1, new double[] {0.6, 0.9, -0.4}).gradient(program);
    }
}
