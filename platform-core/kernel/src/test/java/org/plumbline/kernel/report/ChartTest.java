package org.plumbline.kernel.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ChartTest {
    private static final double MARKER = 3.4;

    private static Document drawn(Markup page) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(page.toString())));
    }

    private static List<Element> elements(Document svg, String name, String look) {
        NodeList all = svg.getElementsByTagName(name);
        return IntStream.range(0, all.getLength())
                .mapToObj(i -> (Element) all.item(i))
                .filter(element -> (" " + element.getAttribute("class") + " ").contains(" " + look + " "))
                .toList();
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }

    private static double value(Element label) {
        return Double.parseDouble(label.getTextContent().replace('\u2212', '-').replace(",", ""));
    }

    /** The scale as a reader sees it: from the first and last label and where they stand. */
    private static double read(List<Element> labels, String attribute, double shift, double position) {
        Element first = labels.get(0);
        Element last = labels.get(labels.size() - 1);
        double from = number(first, attribute) + shift;
        double to = number(last, attribute) + shift;
        return value(first) + (value(last) - value(first)) * (position - from) / (to - from);
    }

    private static double[] corner(Element path) {
        Matcher start = Pattern.compile("M(-?[0-9.]+) (-?[0-9.]+)").matcher(path.getAttribute("d"));
        assertTrue(start.find(), path.getAttribute("d"));
        return new double[] {Double.parseDouble(start.group(1)), Double.parseDouble(start.group(2))};
    }

    @Test
    void pointsOfALineLieWhereTheAxesSay() throws Exception {
        double[] x = {0, 150, 420, 980};
        double[] y = {-1.25, 0.4, 0.35, 2.75};
        List<LineChart.Point> points = new ArrayList<>();
        for (int i = 0; i < x.length; i++) {
            points.add(new LineChart.Point(x[i], y[i], 0.1, "point"));
        }
        Markup page = new Markup();
        new LineChart(
                        "title",
                        "cost (NFE)",
                        "reward (nats)",
                        List.of(new LineChart.Line(0, "a trial", points, List.of())),
                        0.5,
                        "base model")
                .write(page);
        Document svg = drawn(page);
        List<Element> across = elements(svg, "text", "middle").stream()
                .filter(label -> label.getAttribute("class").contains("tick"))
                .toList();
        List<Element> up = elements(svg, "text", "end");
        List<Element> markers = elements(svg, "path", "marker");
        assertEquals(x.length, markers.size());
        for (int i = 0; i < x.length; i++) {
            double[] corner = corner(markers.get(i));
            assertEquals(x[i], read(across, "x", 0, corner[0] + MARKER), 0.5, "x of point " + i);
            assertEquals(y[i], read(up, "y", -4, corner[1]), 0.005, "y of point " + i);
        }
        Element reference = elements(svg, "line", "reference").get(0);
        assertEquals(0.5, read(up, "y", -4, number(reference, "y1")), 0.005);
        double[] band = corner(elements(svg, "path", "band").get(0));
        assertEquals(-1.15, read(up, "y", -4, band[1]), 0.005, "the band begins one standard error above");
    }

    @Test
    void dotsAndErrorBarsLieWhereTheAxisSays() throws Exception {
        Markup page = new Markup();
        new DotChart(
                        "title",
                        "bias",
                        DotChart.Scale.LINEAR,
                        List.of(
                                new DotChart.Row(0, "a", 0.71, 0.2, ""),
                                new DotChart.Row(0, "b", -0.4, Double.NaN, "")),
                        0)
                .write(page);
        Document svg = drawn(page);
        List<Element> across = elements(svg, "text", "middle").stream()
                .filter(label -> label.getAttribute("class").contains("tick"))
                .toList();
        List<Element> markers = elements(svg, "path", "marker");
        assertEquals(0.71, read(across, "x", 0, corner(markers.get(0))[0] + MARKER), 0.002);
        assertEquals(-0.4, read(across, "x", 0, corner(markers.get(1))[0] + MARKER), 0.002);
        List<Element> errors = elements(svg, "line", "error");
        assertEquals(3, errors.size(), "a bar and two ends for the one row that has an error");
        assertEquals(0.51, read(across, "x", 0, number(errors.get(0), "x1")), 0.002);
        assertEquals(0.91, read(across, "x", 0, number(errors.get(0), "x2")), 0.002);
    }

    @Test
    void barsBeginAtZero() throws Exception {
        Markup page = new Markup();
        new DotChart(
                        "title",
                        "memory",
                        DotChart.Scale.BARS_FROM_ZERO,
                        List.of(
                                new DotChart.Row(0, "a", 91, Double.NaN, "91"),
                                new DotChart.Row(1, "b", 45.5, Double.NaN, "")),
                        Double.NaN)
                .write(page);
        List<Element> bars = elements(drawn(page), "rect", "bar");
        assertEquals(number(bars.get(0), "width"), 2 * number(bars.get(1), "width"), 0.2);
    }

    @Test
    void aLogarithmicAxisHasEqualStepsForEqualRatios() {
        Axis axis = Axis.logarithmic(DoubleStream.of(0.02, 5, 3000, -1, Double.NaN), 100, 400);
        assertEquals(axis.at(1) - axis.at(0.1), axis.at(1000) - axis.at(100), 1e-9);
        assertTrue(axis.low() < 0.02 && axis.high() > 3000);
        assertEquals(100, axis.at(-1), "what cannot be shown lies at the end");
        assertTrue(Axis.logarithmic(DoubleStream.of(310), 0, 300).ticks(5).size() >= 2, "one value can be read, too");
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "-7.3, 12.9", "1e-7, 3e-7", "41.2, 61.3", "0, 2457", "1e5, 1.0001e5", "5, 5", "0, 0"})
    void ticksAreRoundNumbersWithinTheAxis(double low, double high) {
        Axis axis = Axis.linear(DoubleStream.of(low, high), 0, 300);
        List<Double> ticks = axis.ticks(5);
        assertTrue(ticks.size() >= 3 && ticks.size() <= 9, ticks.toString());
        double step = ticks.get(1) - ticks.get(0);
        double digit = step / Math.pow(10, Math.floor(Math.log10(step * (1 + 1e-9))));
        assertTrue(DoubleStream.of(1, 2, 5).anyMatch(round -> Math.abs(digit - round) < 1e-6 * round), "step " + step);
        for (double tick : ticks) {
            assertTrue(tick >= axis.low() && tick <= axis.high());
        }
        assertEquals(
                ticks.size(),
                axis.labels(ticks).stream().distinct().count(),
                axis.labels(ticks).toString());
    }

    @Test
    void longNamesAreCutInTheMiddleAndManyPointsThinnedToTheLast() throws Exception {
        assertEquals("trial w\u2026ame 10", Label.cut("trial with a long name 10", Label.width("trial w?ame 10")));
        assertEquals("rlr", Label.cut("rlr", 100));
        List<LineChart.Point> points = IntStream.range(0, 61)
                .mapToObj(i -> new LineChart.Point(i, i, Double.NaN, "" + i))
                .toList();
        Markup page = new Markup();
        new LineChart("t", "x", "y", List.of(new LineChart.Line(0, "a", points, List.of())), Double.NaN, "")
                .write(page);
        List<Element> markers = elements(drawn(page), "path", "marker");
        assertTrue(markers.size() > 8 && markers.size() <= 16, "" + markers.size());
        assertEquals("60", markers.get(markers.size() - 1).getTextContent().strip(), "the last point is always marked");
    }

    @Test
    void labelsDoNotOverlapAndStayInOrder() {
        List<Label> labels = IntStream.range(0, 8)
                .mapToObj(i -> new Label(i, "label " + i, 300, 100 + (i * 5) % 8))
                .toList();
        var heights = new ArrayList<>(Label.spread(labels, 30, 240).entrySet());
        for (int i = 1; i < heights.size(); i++) {
            assertTrue(heights.get(i).getValue() - heights.get(i - 1).getValue() > 12.5);
            assertTrue(
                    heights.get(i).getKey().y() >= heights.get(i - 1).getKey().y());
        }
        assertTrue(heights.get(0).getValue() > 50 && heights.get(7).getValue() < 160, heights.toString());
    }

    @Test
    void aChartWithoutDataIsStillAChart() throws Exception {
        Markup page = new Markup();
        List<LineChart.Point> nothing = List.of(new LineChart.Point(0, Double.NaN, Double.NaN, ""));
        new LineChart("t", "x", "y", List.of(new LineChart.Line(0, "a", nothing, List.of())), Double.NaN, "")
                .write(page);
        drawn(page);
        assertFalse(page.toString().contains("NaN"), page.toString());
    }
}
