package org.plumbline.kernel.record;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * All that a run measured of gradients, as a document for other programs: the JSON has the names that the components of
 * this record and of those in it have. Numbers that are not known are the string "NaN". Names are not changed and none is
 * taken away while the format stays the same; new ones may come.
 *
 * @param format {@value #FORMAT}
 * @param study name of the study
 * @param checks of the truth
 * @param gradients one per trial and point, in the order in which they were measured; points are completed one after the
 *     other
 */
public record Measurements(int format, String study, List<CheckRecord> checks, List<GradientRecord> gradients) {
    /** The present format. */
    public static final int FORMAT = 1;

    public Measurements {
        checks = List.copyOf(checks);
        gradients = List.copyOf(gradients);
    }

    /** What is recorded in a folder. Where something was measured again with more replicas, the latest counts. */
    public static Measurements of(RunFolder folder) {
        return of(folder.description().name(), folder.records());
    }

    /** What is recorded in these lines. */
    public static Measurements of(String study, List<RunRecord> records) {
        Map<List<String>, GradientRecord> gradients = new LinkedHashMap<>();
        Map<List<String>, CheckRecord> checks = new LinkedHashMap<>();
        for (RunRecord line : records) {
            if (line instanceof GradientRecord gradient) {
                gradients.put(List.of(gradient.point(), gradient.trial()), gradient);
            } else if (line instanceof CheckRecord check) {
                checks.put(List.of(check.point(), check.name()), check);
            }
        }
        return new Measurements(FORMAT, study, List.copyOf(checks.values()), List.copyOf(gradients.values()));
    }

    /** The document, UTF-8. */
    public byte[] toJson() {
        try {
            return new RunJson().document(this);
        } catch (IOException notPossible) {
            throw new IllegalStateException(notPossible);
        }
    }

    /**
     * Reads a document.
     *
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE}, or {@link StandardError#UNSUPPORTED} for a format of
     *     the future
     */
    public static Measurements ofJson(byte[] document) {
        try {
            Measurements read = new RunJson().measurements(document);
            if (read.format() > FORMAT) {
                throw PlumblineException.of(StandardError.UNSUPPORTED)
                        .asked("gradient measurements of format " + read.format())
                        .available("formats up to " + FORMAT)
                        .build();
            }
            return read;
        } catch (IOException malformed) {
            throw PlumblineException.of(StandardError.MALFORMED_FILE)
                    .asked("not a document of gradient measurements: " + malformed.getMessage())
                    .cause(malformed)
                    .build();
        }
    }
}
