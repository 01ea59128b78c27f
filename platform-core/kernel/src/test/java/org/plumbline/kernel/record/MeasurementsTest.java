package org.plumbline.kernel.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

class MeasurementsTest {
    private static GradientRecord gradient(String trial, String point, int replicas) {
        return new GradientRecord(
                trial,
                "rlr",
                point,
                16,
                "exact adjoint",
                1.0 / 3,
                0.05,
                40,
                31415,
                replicas,
                16,
                0,
                0.01,
                -0.3,
                0.02,
                new GradientRecord.Verdict(GradientRecord.Verdict.Kind.UNDECIDED, 640),
                1.01,
                Double.NaN,
                0.99,
                0.004,
                12.5,
                0.7,
                3.125,
                new Cost(20, 10, 80, 40, 4, 0.25, 1 << 20),
                new GradientRecord.Efficiency(1, 2, Double.POSITIVE_INFINITY, Double.NaN),
                List.of(new GradientRecord.Group("down lora_A", 16, 1, 3.125)),
                List.of(new GradientRecord.Step(999, 3, 3.125, 0.1)),
                GradientRecord.Step.NONE);
    }

    @Test
    void theDocumentHoldsEveryNumberAndNamesIt() {
        Measurements measured = new Measurements(
                Measurements.FORMAT,
                "first",
                List.of(new CheckRecord("first: base model", "two ways", 0.25, 0.26)),
                List.of(gradient("a", "first: base model", 8)));
        byte[] json = measured.toJson();
        assertEquals(measured, Measurements.ofJson(json));
        String text = new String(json, StandardCharsets.UTF_8);
        for (String name : List.of(
                "\"format\" : 1",
                "\"study\" : \"first\"",
                "\"point\" : \"first: base model\"",
                "\"truthNorm\" : 0.3333333333333333",
                "\"verdict\" : {",
                "\"kind\" : \"UNDECIDED\"",
                "\"replicasNeeded\" : 640",
                "\"lengthStandardError\" : \"NaN\"",
                "\"varianceNfe\" : 1.0",
                "\"groups\" : [",
                "\"steps\" : [",
                "\"unresolved\" : {",
                "\"covariance\" : 3.125")) {
            assertTrue(text.contains(name), name + " in " + text);
        }
    }

    @Test
    void ofSeveralMeasurementsOfOneThingTheLatestCounts() {
        GradientRecord other = gradient("a", "first: moved", 8);
        Measurements measured = Measurements.of(
                "first",
                List.of(
                        gradient("a", "first: base model", 4),
                        new CheckRecord("first: base model", "two ways", 1, 2),
                        other,
                        new CheckRecord("first: base model", "two ways", 1, 1),
                        gradient("a", "first: base model", 8)));
        assertEquals(List.of(gradient("a", "first: base model", 8), other), measured.gradients());
        assertEquals(List.of(new CheckRecord("first: base model", "two ways", 1, 1)), measured.checks());
    }

    @Test
    void documentsOfTheFutureAndOthersAreRefused() {
        PlumblineException future = assertThrows(
                PlumblineException.class,
                () -> Measurements.ofJson(new Measurements(2, "x", List.of(), List.of()).toJson()));
        assertEquals(StandardError.UNSUPPORTED, future.code());
        PlumblineException other = assertThrows(
                PlumblineException.class, () -> Measurements.ofJson("[1]".getBytes(StandardCharsets.UTF_8)));
        assertEquals(StandardError.MALFORMED_FILE, other.code());
    }
}
