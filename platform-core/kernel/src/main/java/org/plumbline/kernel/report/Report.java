package org.plumbline.kernel.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.record.Measurements;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.StudyDescription;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Writes the report of a run. Stateless and thread-safe. */
public final class Report {
    /** File name of the page. */
    public static final String PAGE = "report.html";
    /** File name of the table of updates. */
    public static final String UPDATES = "records.csv";
    /** File name of the table of evaluations. */
    public static final String EVALUATIONS = "evaluations.csv";
    /** File name of the table of gradient measurements. */
    public static final String GRADIENTS = "gradients.csv";

    /** File name of the table of what groups of parameters and steps add to the variance. */
    public static final String GRADIENT_PARTS = "gradient-parts.csv";
    /** File name of the gradient measurements for other programs. */
    public static final String MEASUREMENTS = "gradients.json";

    private Report() {}

    /**
     * Writes the page and the tables into the run folder, over older ones. The same records give the same files. The run
     * may be going on.
     *
     * @return the page
     * @throws PlumblineException {@link StandardError#MALFORMED_FILE} if the records cannot be read,
     *     {@link StandardError#UNWRITABLE_OUTPUT} if the files cannot be written
     */
    public static Path write(RunFolder folder) {
        Results results = Results.of(folder);
        CsvExport tables = new CsvExport(results);
        try {
            folder.replace(UPDATES, tables.updates());
            folder.replace(EVALUATIONS, tables.evaluations());
            folder.replace(GRADIENTS, tables.gradients());
            folder.replace(GRADIENT_PARTS, tables.gradientParts());
            folder.replace(MEASUREMENTS, Measurements.of(folder).toJson());
            folder.replace(PAGE, page(folder, results).getBytes(StandardCharsets.UTF_8));
        } catch (IOException | UncheckedIOException failure) {
            throw PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                    .asked("the report of '" + folder.path() + "' cannot be written: " + failure.getMessage())
                    .remedy("make the folder writable, or copy it to where you may write")
                    .cause(failure)
                    .build();
        }
        return folder.path().resolve(PAGE);
    }

    private static String page(RunFolder folder, Results results) {
        StudyDescription study = results.study();
        Markup page = new Markup();
        page.raw("<!DOCTYPE html>\n").open("html", "lang", "en").open("head");
        page.empty("meta", "charset", "utf-8");
        page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        page.empty("meta", "name", "color-scheme", "content", "light dark");
        page.leaf("title", study.name() + " \u2013 Plumbline report");
        page.open("style").raw(resource("report.css")).close().close();
        page.open("body").open("header").leaf("h1", study.name());
        String created = DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
                .format(study.created().atOffset(ZoneOffset.UTC));
        page.leaf(
                "p",
                created + " \u00b7 Plumbline " + study.environment().plumbline() + " \u00b7 model "
                        + study.model().name() + " \u00b7 " + study.sampler().name() + " \u00b7 "
                        + study.backend().id(),
                "class",
                "caption");
        page.close();
        legend(page, results);
        page.open("main");
        new OutcomeSection(results).write(page);
        new CurveSection(results).write(page);
        new GradientSection(results).write(page);
        new CostSection(results).write(page);
        new ImageSection(folder, results).write(page);
        new OriginSection(results).write(page);
        page.close().open("script").raw(resource("report.js")).close();
        return page.close().close().toString();
    }

    /** The trials, as buttons: with scripts they hide and show a trial everywhere, without they are the legend. */
    private static void legend(Markup page, Results results) {
        if (results.trials().size() < 2) {
            return;
        }
        page.open("nav", "aria-label", "trials");
        for (TrialResult trial : results.trials()) {
            page.open("button", "type", "button", "aria-pressed", "true", "data-trial", trial.index());
            Marker.swatch(page, trial.index());
            page.text(" " + trial.label()).close();
        }
        page.close();
    }

    private static String resource(String name) {
        try (@Nullable InputStream file = Report.class.getResourceAsStream(name)) {
            if (file == null) {
                throw new IllegalStateException(name + " is missing from the jar");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
