package org.plumbline.plugins.dataset.digits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.data.CaptionedDataset.Split;

/** On the real, shipped data. */
class DigitsDatasetTest {
    private static final DigitsDataset DIGITS =
            new DigitsDataset(Path.of("../../distribution/app/src/main/plumbline/data/mnist"));

    @Test
    void hasTenThousandImagesInThreeSplits() {
        assertEquals(6000, DIGITS.size(Split.GENERATOR));
        assertEquals(3000, DIGITS.size(Split.CLASSIFIER));
        assertEquals(1000, DIGITS.size(Split.TEST));
        assertArrayEquals(new long[] {1, 16, 16}, DIGITS.imageShape());
        assertEquals(10, DIGITS.classes());
    }

    @Test
    void noImageIsInTwoSplits() {
        Set<FloatBuffer> generator = images(Split.GENERATOR);
        Set<FloatBuffer> classifier = images(Split.CLASSIFIER);
        Set<FloatBuffer> test = images(Split.TEST);
        assertEquals(6000, generator.size());
        assertFalse(generator.removeAll(classifier) || generator.removeAll(test) || classifier.removeAll(test));
    }

    @Test
    void pixelsLieBetweenPaperAndInk() {
        for (int i = 0; i < 1000; i++) {
            for (float pixel :
                    DIGITS.example(Split.TEST, i, new SplittableRandom(1)).pixels()) {
                assertTrue(pixel >= -1 && pixel <= 1 + 1e-6, "pixel " + pixel);
            }
        }
    }

    @Test
    void theSamePresentationTwiceIsTheSameAndTheCallerMayKeepIt() {
        CaptionedDataset.Example once = DIGITS.example(Split.GENERATOR, 17, new SplittableRandom(5));
        CaptionedDataset.Example again = DIGITS.example(Split.GENERATOR, 17, new SplittableRandom(5));
        assertEquals(once.caption(), again.caption());
        assertArrayEquals(once.pixels(), again.pixels());
        assertNotSame(once.pixels(), again.pixels());
    }

    @Test
    void captionsUseAClosedVocabularyAndSayTheLabel() {
        Set<String> words = new TreeSet<>();
        SplittableRandom random = new SplittableRandom(7);
        List<String> digits = List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");
        for (int i = 0; i < 6000; i++) {
            CaptionedDataset.Example example = DIGITS.example(Split.GENERATOR, i, random);
            List<String> parts = List.of(example.caption().split(" ", -1));
            assertEquals(parts.get(1).equals("upright") ? "an" : "a", parts.get(0));
            assertEquals(digits.get(example.label()), parts.get(parts.size() - 1));
            words.addAll(parts.subList(1, parts.size() - 1));
        }
        assertEquals(Set.of("handwritten", "bold", "thin", "slanted", "upright"), words);
    }

    @Test
    void aThirdOfTheImagesIsBoldThinSlantedOrUprightAndEachIsMentionedHalfOfTheTime() {
        TreeMap<String, Integer> present = new TreeMap<>();
        TreeMap<String, Integer> mentioned = new TreeMap<>();
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 6000; i++) {
            DIGITS.caption()
                    .attributes(DIGITS.stroke(Split.GENERATOR, i))
                    .forEach(word -> present.merge(word, 1, Integer::sum));
            for (String word :
                    DIGITS.example(Split.GENERATOR, i, random).caption().split(" ", -1)) {
                mentioned.merge(word, 1, Integer::sum);
            }
        }
        assertEquals(Set.of("bold", "thin", "slanted", "upright"), present.keySet());
        present.forEach((word, count) -> {
            assertEquals(2000, count, 2, word);
            // Binomial with n = 2000: standard error 22.
            assertEquals(1000, mentioned.get(word), 3 * 22, word);
        });
    }

    @Test
    void boldIsThickerThanThinAndSlantedLeansMoreThanUprightByTheGapsOfTheModelCard() {
        assertEquals(0.751, mean("bold", Stroke::thickness) - mean("thin", Stroke::thickness), 5e-4);
        assertEquals(0.377, mean("slanted", Stroke::slant) - mean("upright", Stroke::slant), 5e-4);
    }

    private static double mean(String word, ToDoubleFunction<Stroke> measure) {
        return IntStream.range(0, DIGITS.size(Split.GENERATOR))
                .mapToObj(i -> DIGITS.stroke(Split.GENERATOR, i))
                .filter(stroke -> DIGITS.caption().attributes(stroke).contains(word))
                .mapToDouble(measure)
                .average()
                .orElseThrow();
    }

    @Test
    void theLimitsOfTheWordsAreThoseOfTheModelCard() {
        assertEquals(
                "thin: thickness <= 1.6792, bold: >= 1.9465; upright: |slant| <= 0.1145, slanted: >= 0.2007",
                DIGITS.caption().toString());
    }

    private static Set<FloatBuffer> images(Split split) {
        Set<FloatBuffer> images = new HashSet<>();
        for (int i = 0; i < DIGITS.size(split); i++) {
            images.add(FloatBuffer.wrap(
                    DIGITS.example(split, i, new SplittableRandom(0)).pixels()));
        }
        return images;
    }
}
