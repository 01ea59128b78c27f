package org.plumbline.kernel.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.plumbline.kernel.record.RunFolder;

/** Samples of the base model and of every trial, from the same noise. */
final class ImageSection {
    private final RunFolder folder;
    private final Results results;

    ImageSection(RunFolder folder, Results results) {
        this.folder = folder;
        this.results = results;
    }

    void write(Markup page) {
        List<Long> seeds = results.study().seeds();
        Optional<Path> base = base();
        if (seeds.stream().noneMatch(this::any) && base.isEmpty()) {
            return;
        }
        page.open("section", "id", "images").leaf("h2", "Samples, before and after");
        page.open("div", "class", "images");
        base.ifPresent(image -> figure(page, image, "base model", -1));
        if (!seeds.isEmpty()) {
            ofSeed(page, seeds.get(0));
        }
        page.close();
        page.leaf(
                "p",
                "The same prompts and the same noise in every picture, so that images at the same place can be compared."
                        + " Prompts: "
                        + String.join(", ", results.study().evaluation().prompts()) + ".",
                "class",
                "caption");
        if (seeds.size() > 1 && seeds.stream().skip(1).anyMatch(this::any)) {
            page.open("details").leaf("summary", "Other seeds");
            page.open("div", "class", "images");
            seeds.stream().skip(1).forEach(seed -> ofSeed(page, seed));
            page.close().close();
        }
        page.close();
    }

    private boolean any(long seed) {
        return results.trials().stream()
                .anyMatch(trial -> Files.exists(folder.image(trial.label(), seed, RunFolder.Stage.AFTER))
                        || Files.exists(folder.image(trial.label(), seed, RunFolder.Stage.BEFORE)));
    }

    private void ofSeed(Markup page, long seed) {
        for (TrialResult trial : results.trials()) {
            Path before = folder.image(trial.label(), seed, RunFolder.Stage.BEFORE);
            Path after = folder.image(trial.label(), seed, RunFolder.Stage.AFTER);
            String name = trial.label() + ", seed " + seed;
            if (Files.exists(before) && !sameAsBase(before)) {
                figure(page, before, name + ", before", trial.index());
            }
            if (Files.exists(after)) {
                figure(page, after, name, trial.index());
            }
        }
    }

    /** The base model's picture; that of any trial before training shows the same. */
    private Optional<Path> base() {
        Stream<Path> before = results.study().seeds().stream()
                .flatMap(seed -> results.trials().stream()
                        .map(trial -> folder.image(trial.label(), seed, RunFolder.Stage.BEFORE)));
        return Stream.concat(Stream.of(folder.baseImage()), before)
                .filter(Files::exists)
                .findFirst();
    }

    private boolean sameAsBase(Path image) {
        return base().filter(base -> Arrays.equals(content(image), content(base)))
                .isPresent();
    }

    private static void figure(Markup page, Path image, String caption, int index) {
        page.open("figure", "class", index < 0 ? "plain" : "t t" + index);
        page.empty(
                "img",
                "alt",
                "samples: " + caption,
                "src",
                "data:image/png;base64," + Base64.getEncoder().encodeToString(content(image)));
        page.open("figcaption");
        if (index >= 0) {
            Marker.swatch(page, index);
        }
        page.text(" " + caption).close().close();
    }

    private static byte[] content(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
