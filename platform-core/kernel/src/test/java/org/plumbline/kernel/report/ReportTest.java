package org.plumbline.kernel.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.record.RunWriter;
import org.plumbline.kernel.record.UpdateRecord;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class ReportTest {
    private static final List<Long> THREE = List.of(1L, 2L, 3L);

    @TempDir
    Path temporary;

    private RunFolder finished() {
        return new SyntheticRun(SyntheticRun.FIVE, THREE, 30).finished(temporary.resolve("run"));
    }

    private static Document parsed(Path page) throws Exception {
        String text =
                Files.readString(page).replace("<!DOCTYPE html>\n", "").replaceAll("(?s)<script>.*?</script>", "");
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(text)));
    }

    private static List<Element> elements(Document page, String name) {
        var all = page.getElementsByTagName(name);
        return IntStream.range(0, all.getLength())
                .mapToObj(i -> (Element) all.item(i))
                .toList();
    }

    @Test
    void theSameRecordsGiveTheSameFiles() throws IOException {
        RunFolder folder = finished();
        List<String> names = List.of(Report.PAGE, Report.UPDATES, Report.EVALUATIONS, Report.GRADIENTS);
        Report.write(folder);
        List<byte[]> first = new ArrayList<>();
        for (String name : names) {
            first.add(Files.readAllBytes(folder.path().resolve(name)));
        }
        Report.write(RunFolder.open(folder.path()));
        for (int i = 0; i < names.size(); i++) {
            assertArrayEquals(first.get(i), Files.readAllBytes(folder.path().resolve(names.get(i))), names.get(i));
        }
    }

    @Test
    void thePageIsWellFormedAndNeedsNothingBesideIt() throws Exception {
        Path path = Report.write(finished());
        Document page = parsed(path);
        for (Element image : elements(page, "img")) {
            assertTrue(image.getAttribute("src").startsWith("data:image/png;base64,"));
        }
        assertEquals(1 + 5 * 3, elements(page, "img").size(), "pictures before training are those of the base model");
        Files.delete(path.resolveSibling("images").resolve("base.png"));
        Document again = parsed(Report.write(RunFolder.open(path.getParent())));
        assertEquals(1 + 5 * 3, elements(again, "img").size(), "and stand in for it");
        assertEquals(List.of(), elements(page, "link"));
        String text = Files.readString(path);
        for (String loading : List.of("src=\"http", "href=", "url(", "@import", "fetch(", "import(")) {
            assertFalse(text.contains(loading), loading);
        }
        text = text.replaceAll("base64,[^\"]*", "");
        assertFalse(text.contains("NaN"), "a number that is not known is a dash");
        assertFalse(text.contains("null"));
    }

    @Test
    void everySectionNamesEveryTrial() throws Exception {
        Document page = parsed(Report.write(finished()));
        for (String id : List.of("outcome", "curves", "gradients", "cost", "images", "origin")) {
            Element section = elements(page, "section").stream()
                    .filter(element -> element.getAttribute("id").equals(id))
                    .findFirst()
                    .orElseThrow();
            for (SyntheticRun.Shape shape : SyntheticRun.FIVE) {
                assertTrue(section.getTextContent().contains(shape.label()), shape.label() + " in " + id);
            }
        }
    }

    @Test
    void aRunThatGoesOnHasAReport() throws Exception {
        RunFolder folder = new SyntheticRun(SyntheticRun.FIVE, THREE, 30).goingOn(temporary.resolve("run"));
        Document page = parsed(Report.write(folder));
        assertTrue(page.getDocumentElement().getTextContent().contains("not finished, 8 updates so far"));
    }

    @Test
    void everyPrefixOfTheRecordsHasAReport() throws Exception {
        SyntheticRun run = new SyntheticRun(SyntheticRun.FIVE.subList(0, 2), List.of(1L, 2L), 6);
        RunFolder whole = run.finished(temporary.resolve("whole"));
        List<String> lines = Files.readAllLines(whole.path().resolve("records.jsonl"));
        RunFolder part = run.goingOn(temporary.resolve("part"));
        for (int count = 0; count <= lines.size(); count += 3) {
            Files.writeString(part.path().resolve("records.jsonl"), String.join("\n", lines.subList(0, count)) + "\n");
            parsed(Report.write(part));
        }
    }

    @Test
    void textFromOutsideIsNeverMarkup() throws Exception {
        SyntheticRun.Shape hostile = new SyntheticRun.Shape(
                "<script>alert(1)</script>\"&amp;'", "rlr", 10, 0.1, 1, 40, 20, 1, 1_000_000, 0, 10);
        RunFolder folder = new SyntheticRun(List.of(hostile, SyntheticRun.FIVE.get(0)), List.of(1L), 12)
                .finished(temporary.resolve("run"));
        Path path = Report.write(folder);
        assertFalse(Files.readString(path).contains("<script>alert"));
        assertTrue(elements(parsed(path), "button").get(0).getTextContent().contains(hostile.label()));
    }

    @Test
    void tablesHoldEveryRecordWithFullPrecision() throws IOException {
        RunFolder folder = finished();
        Report.write(folder);
        List<UpdateRecord> updates = new ArrayList<>();
        List<EvaluationRecord> evaluations = new ArrayList<>();
        folder.records().forEach(line -> {
            if (line instanceof UpdateRecord update) {
                updates.add(update);
            } else if (line instanceof EvaluationRecord evaluation) {
                evaluations.add(evaluation);
            }
        });
        List<Map<String, String>> updateRows = Csv.read(folder.path().resolve(Report.UPDATES));
        assertEquals(updates.size(), updateRows.size());
        for (int i = 0; i < updates.size(); i++) {
            Map<String, String> row = updateRows.get(i);
            UpdateRecord update = updates.get(i);
            assertEquals(update.trial(), row.get("trial"));
            assertEquals(update.update(), Long.parseLong(row.get("update")));
            assertEquals(update.reward(), Double.parseDouble(row.get("reward")));
            assertEquals(update.cost().nfe(), Double.parseDouble(row.get("nfe")));
            assertEquals(update.cost().peakBytes(), Long.parseLong(row.get("peak_bytes")));
            assertEquals(update.diagnostics().get("share"), Double.parseDouble(row.get("diagnostic_share")));
        }
        List<Map<String, String>> evaluationRows = Csv.read(folder.path().resolve(Report.EVALUATIONS));
        assertEquals(evaluations.size(), evaluationRows.size());
        for (int i = 0; i < evaluations.size(); i++) {
            Map<String, String> row = evaluationRows.get(i);
            assertEquals(evaluations.get(i).heldOut().get("jpeg").mean(), Double.parseDouble(row.get("held_out_jpeg")));
            assertEquals(evaluations.get(i).spent().seconds(), Double.parseDouble(row.get("seconds")));
        }
        List<Map<String, String>> gradients = Csv.read(folder.path().resolve(Report.GRADIENTS));
        assertEquals(10, gradients.size());
        assertEquals(
                "exact adjoint of ddim eta=1 trailing, mean of 1024 samples",
                gradients.get(0).get("truth"));
        assertEquals("0.71", gradients.get(8).get("bias"));
    }

    @Test
    void aFolderThatCannotBeWrittenIsAHelpfulError() throws IOException {
        RunFolder folder = finished();
        Files.createDirectories(folder.path().resolve(Report.UPDATES).resolve("in the way"));
        PlumblineException failure = assertThrows(PlumblineException.class, () -> Report.write(folder));
        assertEquals(StandardError.UNWRITABLE_OUTPUT, failure.code());
        try (var files = Files.list(folder.path())) {
            assertFalse(files.anyMatch(file -> file.toString().endsWith(".writing")), "no half-written file is left");
        }
    }

    @Test
    void moreTrialsThanColoursAreStillTold() throws Exception {
        List<SyntheticRun.Shape> many = IntStream.range(0, 11)
                .mapToObj(i -> new SyntheticRun.Shape(
                        "trial " + i, "rlr", 2 + i, 0.1, 0.5, 40, 20, 1, 80_000_000L + i, 0, 10 + i))
                .toList();
        RunFolder folder = new SyntheticRun(many, List.of(1L), 12).finished(temporary.resolve("run"));
        String text = Files.readString(Report.write(folder));
        assertTrue(text.contains("dash1"));
    }

    @Test
    void gradientsAloneMakeAReportWithoutCurves() throws Exception {
        SyntheticRun run = new SyntheticRun(SyntheticRun.FIVE, THREE, 30);
        RunFolder whole = run.finished(temporary.resolve("whole"));
        RunWriter writer = RunFolder.create(temporary.resolve("gradients"), run.description());
        try (writer) {
            whole.records().stream()
                    .filter(line -> line instanceof org.plumbline.kernel.record.GradientRecord)
                    .forEach(writer::append);
            writer.append(EventRecord.ofRun(EventRecord.Type.FINISHED, "all measured"));
        }
        Document page = parsed(Report.write(writer.folder()));
        assertEquals(
                List.of("outcome", "gradients", "origin"),
                elements(page, "section").stream()
                        .map(section -> section.getAttribute("id"))
                        .toList());
        String text = page.getDocumentElement().getTextContent();
        assertFalse(text.contains("not started"));
        assertTrue(text.contains("The gradients of 5 estimators"));
        assertFalse(text.contains("fine-tune"));
    }
}
