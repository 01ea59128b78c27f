package org.plumbline.it.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, as tables for people and as JSON for programs. */
final class Result {
    private static final double MEBI = 1 << 20;

    private final Map<Method, List<Reading>> ours = new LinkedHashMap<>();
    private final Map<Method, List<Reading>> theirs = new LinkedHashMap<>();

    void add(Method method, Reading reading) {
        ours.computeIfAbsent(method, key -> new ArrayList<>()).add(reading);
    }

    void addPeer(Method method, Reading reading) {
        theirs.computeIfAbsent(method, key -> new ArrayList<>()).add(reading);
    }

    /** All readings. */
    String json() throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("rows", Experiment.ROWS);
        all.put("steps", Experiment.STEPS);
        all.put("guidance", Experiment.GUIDANCE);
        all.put("adapter-rank", Experiment.RANK);
        all.put("plumbline", byKey(ours));
        all.put("peer", byKey(theirs));
        return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all);
    }

    private static Map<String, List<Reading>> byKey(Map<Method, List<Reading>> readings) {
        Map<String, List<Reading>> byKey = new LinkedHashMap<>();
        readings.forEach((method, list) -> byKey.put(method.key(), list));
        return byKey;
    }

    /** The tables as Markdown. */
    String markdown() {
        StringBuilder text = new StringBuilder();
        text.append(format(
                "One update: batch %d, %d DDIM steps, eta 1, guidance %.0f, adapters of rank %d. 1 thread, seconds.%n%n",
                Experiment.ROWS, Experiment.STEPS, Experiment.GUIDANCE, Experiment.RANK));
        text.append("| method | CPU least | CPU median | wall least | wall median | NFE forward | NFE backward"
                + " | network rows | peak memory MiB | device memory MiB | transfer share |\n"
                + "|---|---|---|---|---|---|---|---|---|---|---|\n");
        ours.forEach((method, readings) -> {
            Summary all = new Summary(readings);
            Reading one = all.first();
            text.append(format(
                    "| %s | %.3f | %.3f | %.3f | %.3f | %d | %d | %d + %d | %.1f | %.1f | %.4f |%n",
                    method.title(),
                    all.leastCpu(),
                    all.medianCpu(),
                    all.leastWall(),
                    all.medianWall(),
                    one.nfeForward(),
                    one.nfeBackward(),
                    one.rowsForward(),
                    one.rowsBackward(),
                    all.memory() / MEBI,
                    all.deviceMemory() / MEBI,
                    all.transferShare()));
        });
        if (ours.containsKey(Method.FULL_REPLAY) && ours.containsKey(Method.FULL_STORED)) {
            double ratio = summary(Method.FULL_REPLAY).memory()
                    / summary(Method.FULL_STORED).memory();
            text.append(format("%nFull BP by replay takes %.3f of the memory of the stored graph.%n", ratio));
            Double difference = summary(Method.FULL_STORED).first().difference();
            if (difference != null) {
                text.append(format("The two gradients differ by %.1e of their length.%n", difference));
            }
        }
        theirs.values().stream().findFirst().ifPresent(first -> {
            text.append(format(
                    "%nThe same update in %s:%n%n| method | CPU least | CPU median | wall least | wall median"
                            + " | peak memory MiB | Plumbline / peer, CPU least | CPU median | difference of gradients |%n"
                            + "|---|---|---|---|---|---|---|---|---|%n",
                    first.get(0).engine()));
            theirs.forEach((method, readings) -> text.append(peerRow(method, new Summary(readings))));
        });
        ours.values().stream()
                .findFirst()
                .ifPresent(first ->
                        text.append(format("%nMeasured with %s.%n", first.get(0).engine())));
        return text.toString();
    }

    private String peerRow(Method method, Summary peer) {
        Summary here = summary(method);
        Double difference = peer.first().difference();
        return format(
                "| %s | %.3f | %.3f | %.3f | %.3f | %.1f | %.2f | %.2f | %s |%n",
                method.title(),
                peer.leastCpu(),
                peer.medianCpu(),
                peer.leastWall(),
                peer.medianWall(),
                peer.memory() / MEBI,
                here.leastCpu() / peer.leastCpu(),
                here.medianCpu() / peer.medianCpu(),
                difference == null ? "" : format("%.1e", difference));
    }

    private Summary summary(Method method) {
        List<Reading> readings = ours.get(method);
        if (readings == null) {
            throw new IllegalStateException(method + " was not measured");
        }
        return new Summary(readings);
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
