package org.plumbline.kernel.report;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.GradientRecord;
import org.plumbline.kernel.record.Score;
import org.plumbline.kernel.record.UpdateRecord;

/** The records as tables after RFC 4180: comma, point, UTF-8, full precision, one line of column names, empty for NaN. */
final class CsvExport {
    private static final List<String> COST = List.of(
            "nfe",
            "nfe_forward",
            "nfe_backward",
            "rows_forward",
            "rows_backward",
            "reward_evaluations",
            "seconds",
            "peak_bytes");

    private final Results results;

    CsvExport(Results results) {
        this.results = results;
    }

    /** One line per update; costs of the update alone. */
    byte[] updates() {
        TreeSet<String> names = new TreeSet<>();
        all().forEach(seed -> seed.updates()
                .forEach(update -> names.addAll(update.diagnostics().keySet())));
        List<Object> heads = new ArrayList<>(List.of("trial", "seed", "update"));
        heads.addAll(COST);
        heads.addAll(List.of("reward", "reward_sd", "gradient_norm", "clipped"));
        names.forEach(name -> heads.add("diagnostic_" + name));
        StringBuilder file = new StringBuilder();
        line(file, heads);
        for (SeedResult seed : all()) {
            for (UpdateRecord update : seed.updates()) {
                List<Object> cells = new ArrayList<>(List.of(update.trial(), update.seed(), update.update()));
                cells.addAll(cost(update.cost()));
                cells.addAll(
                        List.of(update.reward(), update.rewardSd(), update.gradientNorm(), update.clipped() ? 1 : 0));
                names.forEach(name -> cells.add(update.diagnostics().getOrDefault(name, Double.NaN)));
                line(file, cells);
            }
        }
        return bytes(file);
    }

    /** One line per evaluation; costs of all updates before it. */
    byte[] evaluations() {
        List<String> heldOut = results.heldOut();
        List<Object> heads = new ArrayList<>(List.of("trial", "seed", "update"));
        heads.addAll(COST);
        heads.addAll(List.of("reward", "reward_standard_error", "diversity"));
        for (String label : heldOut) {
            heads.add("held_out_" + label);
            heads.add("held_out_" + label + "_standard_error");
        }
        StringBuilder file = new StringBuilder();
        line(file, heads);
        for (SeedResult seed : all()) {
            for (EvaluationRecord evaluation : seed.evaluations()) {
                List<Object> cells =
                        new ArrayList<>(List.of(evaluation.trial(), evaluation.seed(), evaluation.update()));
                cells.addAll(cost(evaluation.spent()));
                cells.addAll(List.of(
                        evaluation.reward().mean(), evaluation.reward().standardError(), evaluation.diversity()));
                for (String label : heldOut) {
                    Score score = evaluation.heldOut().getOrDefault(label, new Score(Double.NaN, Double.NaN));
                    cells.add(score.mean());
                    cells.add(score.standardError());
                }
                line(file, cells);
            }
        }
        return bytes(file);
    }

    /** One line per estimator and point; costs of one replica. */
    byte[] gradients() {
        List<Object> heads = new ArrayList<>(List.of(
                "trial",
                "estimator",
                "point",
                "parameters",
                "truth",
                "truth_norm",
                "truth_norm_standard_error",
                "truth_variance",
                "seed",
                "replicas",
                "rows",
                "bias",
                "bias_standard_error",
                "bias_z",
                "detectable_bias",
                "verdict",
                "replicas_needed",
                "length",
                "length_standard_error",
                "cosine",
                "cosine_standard_error",
                "variance",
                "variance_standard_error",
                "relative_variance",
                "unresolved_variance",
                "variance_nfe",
                "variance_seconds",
                "variance_nfe_ratio",
                "variance_seconds_ratio"));
        heads.addAll(COST);
        StringBuilder file = new StringBuilder();
        line(file, heads);
        for (GradientRecord gradient : results.gradients()) {
            List<Object> cells = new ArrayList<>(List.of(
                    gradient.trial(),
                    gradient.estimator(),
                    gradient.point(),
                    gradient.parameters(),
                    gradient.truth(),
                    gradient.truthNorm(),
                    gradient.truthNormStandardError(),
                    gradient.truthVariance(),
                    gradient.seed(),
                    gradient.replicas(),
                    gradient.rows(),
                    gradient.bias(),
                    gradient.biasStandardError(),
                    gradient.biasZ(),
                    gradient.detectableBias(),
                    gradient.verdict().kind().name().toLowerCase(Locale.ROOT),
                    gradient.verdict().replicasNeeded(),
                    gradient.length(),
                    gradient.lengthStandardError(),
                    gradient.cosine(),
                    gradient.cosineStandardError(),
                    gradient.variance(),
                    gradient.varianceStandardError(),
                    gradient.relativeVariance(),
                    gradient.unresolved().variance(),
                    gradient.efficiency().varianceNfe(),
                    gradient.efficiency().varianceSeconds(),
                    gradient.efficiency().ratioNfe(),
                    gradient.efficiency().ratioSeconds()));
            cells.addAll(cost(gradient.cost()));
            line(file, cells);
        }
        return bytes(file);
    }

    /**
     * One line per estimator, point and part: a group of parameters, or a time of the network; the part without a time has
     * an empty one.
     */
    byte[] gradientParts() {
        StringBuilder file = new StringBuilder();
        line(
                file,
                List.of(
                        "trial",
                        "point",
                        "part",
                        "group",
                        "time",
                        "parameters",
                        "truth_norm",
                        "variance",
                        "covariance",
                        "covariance_standard_error"));
        for (GradientRecord gradient : results.gradients()) {
            for (GradientRecord.Group group : gradient.groups()) {
                line(
                        file,
                        List.of(
                                gradient.trial(),
                                gradient.point(),
                                "group",
                                group.name(),
                                Double.NaN,
                                group.parameters(),
                                group.truthNorm(),
                                group.variance(),
                                group.variance(),
                                Double.NaN));
            }
            List<GradientRecord.Step> steps = new ArrayList<>(gradient.steps());
            steps.add(gradient.unresolved());
            for (GradientRecord.Step step : steps) {
                line(
                        file,
                        List.of(
                                gradient.trial(),
                                gradient.point(),
                                "step",
                                "",
                                step.time(),
                                gradient.parameters(),
                                Double.NaN,
                                step.variance(),
                                step.covariance(),
                                step.standardError()));
            }
        }
        return bytes(file);
    }

    private List<SeedResult> all() {
        return results.trials().stream()
                .flatMap(trial -> trial.seeds().stream())
                .toList();
    }

    private static List<Object> cost(Cost cost) {
        return List.of(
                cost.nfe(),
                cost.nfeForward(),
                cost.nfeBackward(),
                cost.rowsForward(),
                cost.rowsBackward(),
                cost.rewardEvaluations(),
                cost.seconds(),
                cost.peakBytes());
    }

    private static void line(StringBuilder file, List<Object> cells) {
        file.append(cells.stream().map(CsvExport::cell).collect(Collectors.joining(",")))
                .append("\r\n");
    }

    private static String cell(Object value) {
        if (value instanceof Double number && number.isNaN()) {
            return "";
        }
        String text = value.toString();
        return text.matches("(?s).*[,\"\r\n].*") ? "\"" + text.replace("\"", "\"\"") + "\"" : text;
    }

    private static byte[] bytes(StringBuilder file) {
        return file.toString().getBytes(StandardCharsets.UTF_8);
    }
}
