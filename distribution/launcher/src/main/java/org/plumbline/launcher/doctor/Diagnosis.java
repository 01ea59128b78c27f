package org.plumbline.launcher.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.plumbline.launcher.console.Table;

/**
 * All findings, to be shown.
 *
 * @param findings in the order of their areas
 */
public record Diagnosis(List<Finding> findings) {
    public Diagnosis {
        findings = findings.stream()
                .sorted(java.util.Comparator.comparing(Finding::area))
                .toList();
    }

    /**
     * 0 if nothing is broken. Otherwise that of the study, if it is the study that cannot run, since it was asked about; else
     * that of the first thing that is broken.
     */
    public int exitCode() {
        List<Finding> broken = findings.stream()
                .filter(finding -> finding.state() == Finding.State.BROKEN)
                .toList();
        return broken.stream()
                .filter(finding -> finding.area() == Finding.Area.STUDY)
                .findFirst()
                .or(() -> broken.stream().findFirst())
                .map(Finding::exitCode)
                .orElse(0);
    }

    /**
     * Prints one block per area, and a last line that says how it is.
     *
     * @param width characters of a line; what is found is wrapped
     */
    public void print(PrintWriter out, int width) {
        for (Finding.Area area : Finding.Area.values()) {
            List<Finding> here =
                    findings.stream().filter(finding -> finding.area() == area).toList();
            if (!here.isEmpty()) {
                Table table = new Table(area.name(), "", "");
                int left = here.stream()
                        .mapToInt(finding -> finding.what().length())
                        .max()
                        .orElse(0);
                int room = Math.max(40, width - Math.max(left, area.name().length()) - 2 - "warning".length() - 2);
                here.forEach(finding -> rows(table, finding, room));
                table.print(out);
                out.println();
            }
        }
        out.println(summary());
    }

    private static void rows(Table table, Finding finding, int room) {
        List<String> lines = wrapped(finding.found(), room);
        String state = finding.state().name().toLowerCase(Locale.ROOT);
        for (int i = 0; i < lines.size(); i++) {
            table.row(i == 0 ? finding.what() : "", i == 0 ? state : "", lines.get(i));
        }
    }

    private static List<String> wrapped(String text, int room) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > room) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    private String summary() {
        long broken = count(Finding.State.BROKEN);
        long warnings = count(Finding.State.WARNING);
        if (broken + warnings == 0) {
            return "All is well.";
        }
        return (broken == 0 ? "Nothing is broken" : broken + " broken") + ", " + warnings
                + (warnings == 1 ? " warning." : " warnings.");
    }

    private long count(Finding.State state) {
        return findings.stream().filter(finding -> finding.state() == state).count();
    }

    /** The findings and the exit code as JSON. */
    public String toJson() throws JsonProcessingException {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("area", finding.area().name().toLowerCase(Locale.ROOT));
            row.put("what", finding.what());
            row.put("state", finding.state().name().toLowerCase(Locale.ROOT));
            row.put("found", finding.found());
            rows.add(row);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("exitCode", exitCode());
        json.put("findings", rows);
        return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json);
    }
}
