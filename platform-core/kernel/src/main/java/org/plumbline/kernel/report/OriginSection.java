package org.plumbline.kernel.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.record.EventRecord;
import org.plumbline.kernel.record.StudyDescription;
import org.plumbline.spi.provenance.Citation;

/** Where the numbers come from: how to repeat the run, settings, versions, the sampler's table, events, works to cite. */
final class OriginSection {
    private final Results results;
    private final StudyDescription study;

    OriginSection(Results results) {
        this.results = results;
        this.study = results.study();
    }

    void write(Markup page) {
        page.open("section", "id", "origin").leaf("h2", "How to repeat it");
        page.leaf("pre", command());
        page.leaf(
                "p",
                "The same file, backend and number of threads give the same numbers. The study file is below; everything"
                        + " on this page is derived from study.json, records.jsonl and images beside it.",
                "class",
                "caption");
        page.leaf("h2", "Settings and versions");
        pairs(page, "Versions and machine", versions(), true);
        pairs(page, "Model", model(), false);
        pairs(page, "Training and evaluation", training(), false);
        for (StudyDescription.Reward reward : study.rewards()) {
            String role = reward.equals(study.trainedReward()) ? "Reward: " : "Held-out reward: ";
            pairs(page, role + reward.label(), reward(reward), false);
        }
        for (StudyDescription.Trial trial : study.trials()) {
            pairs(page, "Trial: " + trial.label(), trial(trial), false);
        }
        text(page, "Study file", study.source());
        pairs(page, "Sampler: " + study.sampler().name(), study.sampler().settings(), false);
        text(page, "Sampler table, call by call", study.sampler().table());
        text(page, "Events", events());
        text(
                page,
                "Changes of backend",
                results.swaps().stream()
                        .map(swap -> swap.time() + "  " + swap.text())
                        .collect(Collectors.joining("\n")));
        citations(page);
        page.close();
    }

    private String command() {
        return study.command().stream()
                .map(word -> word.matches("[A-Za-z0-9_./:=,+@-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }

    private Map<String, Object> versions() {
        StudyDescription.Environment environment = study.environment();
        Map<String, Object> pairs = new LinkedHashMap<>();
        pairs.put("Plumbline", environment.plumbline());
        pairs.put("Java", environment.java());
        pairs.put("system", environment.os());
        pairs.put(
                "cores, threads",
                environment.cores() + ", of which the backend uses " + environment.threads() + " per call");
        if (environment.memoryBytes() > 0) {
            pairs.put("memory", Digits.value(environment.memoryBytes() / 1e9) + " GB");
        }
        pairs.put(
                "backend",
                plugin(study.backend().id(), study.backend().version()) + ": "
                        + study.backend().description());
        pairs.putAll(prefixed("backend ", study.backend().settings()));
        pairs.put("model loader", plugin(study.model().loader(), study.model().version()));
        pairs.put("sampler", plugin(study.sampler().id(), study.sampler().version()));
        for (StudyDescription.Reward reward : study.rewards()) {
            pairs.put("reward " + reward.label(), plugin(reward.id(), reward.version()));
        }
        for (StudyDescription.Trial trial : study.trials()) {
            pairs.put("trial " + trial.label(), plugin(trial.estimator(), trial.version()) + ", " + trial.bundle());
        }
        pairs.put("format of the run folder", study.format());
        return pairs;
    }

    private Map<String, Object> model() {
        StudyDescription.Model model = study.model();
        Map<String, Object> pairs = new LinkedHashMap<>();
        pairs.put("folder", model.folder());
        pairs.put(
                "image",
                model.imageShape().stream().map(String::valueOf).collect(Collectors.joining(" \u00d7 "))
                        + " (channels, height, width)");
        pairs.put("trained", model.target() + ", " + Digits.count(model.parameters(), "parameter"));
        pairs.putAll(model.settings());
        model.weights().forEach((file, hash) -> pairs.put("sha256 of " + file, hash));
        return pairs;
    }

    private Map<String, Object> training() {
        Map<String, Object> pairs = new LinkedHashMap<>();
        pairs.put("budget", Findings.budget(study.training().budget()));
        pairs.put("seeds", study.seeds());
        pairs.put("prompts", study.training().prompts());
        pairs.put("guidance", study.training().guidance());
        pairs.put("batch", study.training().batch());
        pairs.put(
                "sampler steps",
                study.sampler().steps() + ", " + study.sampler().calls() + " network calls");
        pairs.putAll(prefixed("optimiser ", study.training().optimiser()));
        pairs.put("evaluated every", Digits.count(study.evaluation().every(), "update"));
        pairs.put("evaluation prompts", study.evaluation().prompts());
        pairs.put("images per evaluation prompt", study.evaluation().imagesPerPrompt());
        pairs.put("evaluation seed", study.evaluation().seed());
        pairs.put("evaluation sampler", study.evaluation().sampler());
        return pairs;
    }

    private static Map<String, Object> reward(StudyDescription.Reward reward) {
        Map<String, Object> pairs = new LinkedHashMap<>();
        pairs.put("plugin", plugin(reward.id(), reward.version()));
        pairs.put("unit", reward.unit());
        pairs.put("differentiable", reward.differentiable() ? "yes" : "no");
        pairs.putAll(reward.settings());
        return pairs;
    }

    private static Map<String, Object> trial(StudyDescription.Trial trial) {
        Map<String, Object> pairs = new LinkedHashMap<>();
        pairs.put("estimator", plugin(trial.estimator(), trial.version()));
        pairs.put(
                "traits",
                trial.traits().stream()
                        .map(trait -> trait.toLowerCase(java.util.Locale.ROOT).replace('_', ' '))
                        .collect(Collectors.joining(", ")));
        pairs.put("sampler program", trial.program());
        pairs.putAll(trial.settings());
        pairs.putAll(prefixed("optimiser ", trial.optimiser()));
        return pairs;
    }

    private String events() {
        List<EventRecord> all = new ArrayList<>(results.runEvents());
        for (TrialResult trial : results.trials()) {
            trial.seeds().forEach(seed -> all.addAll(seed.events()));
        }
        all.sort(java.util.Comparator.comparing(EventRecord::time));
        return all.stream()
                .map(event -> event.time() + "  " + Findings.lower(event.type())
                        + (event.trial() == null ? "" : "  " + event.trial() + ", seed " + event.seed())
                        + (event.update() == null ? "" : ", update " + event.update())
                        + (event.message().isBlank() ? "" : ": " + event.message()))
                .collect(Collectors.joining("\n"));
    }

    private void citations(Markup page) {
        Map<String, Citation> works = new TreeMap<>();
        List<List<Citation>> sources = new ArrayList<>();
        study.trials().forEach(trial -> sources.add(trial.citations()));
        study.rewards().forEach(reward -> sources.add(reward.citations()));
        sources.add(study.sampler().citations());
        sources.add(study.model().citations());
        sources.forEach(source -> source.forEach(work -> works.putIfAbsent(work.key(), work)));
        if (works.isEmpty()) {
            return;
        }
        page.leaf("h2", "Works to cite").open("ul", "class", "works");
        works.values().forEach(work -> page.leaf("li", work.text()));
        page.close();
    }

    private static void pairs(Markup page, String title, Map<String, Object> pairs, boolean open) {
        if (pairs.isEmpty()) {
            return;
        }
        if (open) {
            page.open("details", "open", "");
        } else {
            page.open("details");
        }
        page.leaf("summary", title).open("dl");
        pairs.forEach((name, value) -> page.leaf("dt", name).leaf("dd", shown(value)));
        page.close().close();
    }

    private static void text(Markup page, String title, String content) {
        if (!content.isBlank()) {
            page.open("details")
                    .leaf("summary", title)
                    .leaf("pre", content.stripTrailing())
                    .close();
        }
    }

    private static String shown(@Nullable Object value) {
        if (value == null) {
            return "not set";
        }
        if (value instanceof List<?> list) {
            return list.stream().map(OriginSection::shown).collect(Collectors.joining(", "));
        }
        // As people write settings: 2 and 3e-4 for 2.0 and 3.0E-4.
        return value instanceof Double number
                ? number.toString().replaceFirst("\\.0(E|$)", "$1").replace('E', 'e')
                : value.toString();
    }

    private static String plugin(String id, String version) {
        return id + " " + version;
    }

    private static Map<String, Object> prefixed(String prefix, Map<String, Object> settings) {
        Map<String, Object> pairs = new LinkedHashMap<>();
        settings.forEach((name, value) -> pairs.put(prefix + name, value));
        return pairs;
    }
}
