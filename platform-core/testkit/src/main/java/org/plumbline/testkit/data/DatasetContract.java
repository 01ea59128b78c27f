package org.plumbline.testkit.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.spi.data.CaptionedDataset.Example;
import org.plumbline.spi.data.CaptionedDataset.Split;

/** The contract of datasets. */
public abstract class DatasetContract {
    /** For subclasses. */
    protected DatasetContract() {}

    /** The dataset; may be the same object every time. */
    protected abstract CaptionedDataset dataset();

    @ParameterizedTest
    @EnumSource(Split.class)
    void examples_are_images_of_the_stated_shape_with_caption_and_label(Split split) {
        CaptionedDataset dataset = dataset();
        long[] shape = dataset.imageShape();
        assertTrue(
                shape.length == 3 || shape.length == 4, "channels, height, width; or channels, frames, height, width");
        long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < dataset.size(split); i += stride(dataset, split)) {
            Example example = dataset.example(split, i, random);
            String what = split + " " + i;
            assertEquals(size, example.pixels().length, what);
            for (float pixel : example.pixels()) {
                // Resampling may round beyond the ends.
                assertTrue(Math.abs(pixel) <= 1 + 1e-5, () -> what + " has a pixel " + pixel);
            }
            assertFalse(example.caption().isBlank(), what);
            assertTrue(
                    example.label() >= 0 && example.label() < dataset.classes(), () -> what + ": " + example.label());
        }
    }

    /** About a thousand examples per split. */
    private static int stride(CaptionedDataset dataset, Split split) {
        return Math.max(1, dataset.size(split) / 1000);
    }

    @Test
    void every_class_occurs_in_the_split_for_the_generator() {
        CaptionedDataset dataset = dataset();
        Set<Integer> labels = new HashSet<>();
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < dataset.size(Split.GENERATOR) && labels.size() < dataset.classes(); i++) {
            labels.add(dataset.example(Split.GENERATOR, i, random).label());
        }
        assertEquals(dataset.classes(), labels.size());
    }

    @Test
    void no_image_is_in_two_splits() {
        CaptionedDataset dataset = dataset();
        Set<Integer> seen = new HashSet<>();
        for (Split split : Split.values()) {
            Set<Integer> here = new HashSet<>();
            for (int i = 0; i < dataset.size(split); i++) {
                here.add(Arrays.hashCode(
                        dataset.example(split, i, new SplittableRandom(0)).pixels()));
            }
            for (int image : here) {
                assertFalse(seen.contains(image), () -> split + " has an image of another split");
            }
            seen.addAll(here);
        }
    }

    @Test
    void the_same_random_numbers_present_an_example_the_same_way_and_the_caller_may_keep_it() {
        CaptionedDataset dataset = dataset();
        Example first = dataset.example(Split.GENERATOR, 0, new SplittableRandom(5));
        float[] kept = first.pixels().clone();
        Arrays.fill(first.pixels(), 7);
        Example again = dataset.example(Split.GENERATOR, 0, new SplittableRandom(5));
        assertArrayEquals(kept, again.pixels(), "pixels must not be shared with the dataset");
        assertEquals(first.caption(), again.caption());
        assertEquals(first.label(), again.label());
    }

    @Test
    void several_threads_see_what_one_sees() throws InterruptedException, ExecutionException {
        CaptionedDataset dataset = dataset();
        int count = Math.min(200, dataset.size(Split.TEST));
        Callable<List<String>> read = () -> IntStream.range(0, count)
                .mapToObj(i -> dataset.example(Split.TEST, i, new SplittableRandom(i)))
                .map(example -> example.caption() + " " + example.label() + " " + Arrays.hashCode(example.pixels()))
                .toList();
        List<String> alone;
        try {
            alone = read.call();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (Future<List<String>> found : threads.invokeAll(List.of(read, read, read, read))) {
                assertEquals(alone, found.get());
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
