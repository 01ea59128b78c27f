package org.plumbline.kernel.study;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.chain.Probe;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.plugin.PluginUse;
import org.plumbline.kernel.record.Agreement;
import org.plumbline.kernel.record.RunRecord;
import org.plumbline.kernel.record.SwapReport;
import org.plumbline.kernel.record.SwapReport.Outcome;
import org.plumbline.kernel.record.SwapReport.Reason;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.kernel.swap.LeasedBackend;
import org.plumbline.kernel.swap.Switchboard;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How one worker goes from one backend to another, between two steps: see the package {@code kernel.swap}. Confined to
 * the worker's thread.
 *
 * <p>With an order the new session is opened beside the old one, so that a backend that is not taken costs nothing. When a
 * backend goes away the old session is closed first, and candidates are tried in turn: what was ordered; what was used;
 * after a while, if the study allows it, anything that can do what the study needs.
 */
final class BackendSwap {
    private static final Logger LOG = LoggerFactory.getLogger(BackendSwap.class);
    private static final Duration GLANCE = Duration.ofMillis(200);

    private final StudyContext context;
    private final StudyFile file;
    private final StudySettings.Swapping settings;
    private final Switchboard switchboard;
    private final Consumer<RunRecord> records;

    private Switchboard.Order order;
    /** What is used: what was ordered, or what stands in for it. */
    private BackendChoice used;
    /** What the used backend computes; null as long as nobody asked. */
    private @Nullable Probe known;
    /** How it describes itself, kept since it may be too late to ask when it goes away. */
    private String described;
    /** The state of the catalog in which what was ordered could last not be had. */
    private long unusable = -1;

    BackendSwap(StudyContext context, StudyFile file, Switchboard switchboard, Consumer<RunRecord> records) {
        this.context = context;
        this.file = file;
        this.settings = file.settings().swap();
        this.switchboard = switchboard;
        this.records = records;
        this.order = switchboard.wanted();
        this.used = order.choice();
        this.described = used.toString();
    }

    /** The backend that this worker uses. */
    BackendChoice used() {
        return used;
    }

    /** The order that this worker has followed, or found that it cannot be followed. */
    Switchboard.Order order() {
        return order;
    }

    /** Takes what is ordered as it is: nothing is open. */
    void accept() {
        order = switchboard.wanted();
        used = order.choice();
        known = null;
        described = used.toString();
    }

    /** Keeps in mind what an assembly computes, for the case that its device is lost. */
    void watch(Assembly present) {
        if (known == null) {
            known = Probe.of(present.workbench(), present.program());
            described = present.backend().backend().description();
        }
    }

    /** True if there is an order that was not followed, or what was ordered can be had again. */
    boolean due() {
        return switchboard.wanted().number() != order.number() || returned();
    }

    private boolean returned() {
        return !used.equals(order.choice()) && context.catalog().changes() != unusable && present(order.choice());
    }

    private boolean present(BackendChoice choice) {
        PluginUse rollouts = choice.rollouts();
        return context.catalog().find(PluginRole.BACKEND, choice.backend().id()).isPresent()
                && (rollouts == null
                        || context.catalog()
                                .find(PluginRole.BACKEND, rollouts.id())
                                .isPresent());
    }

    /** Follows an order, or goes back to what was ordered; returns the assembly to go on with. */
    Assembly obey(Assembly present, @Nullable Place place) {
        Switchboard.Order wanted = switchboard.wanted();
        Reason reason = wanted.number() == order.number() ? Reason.RETURNED : Reason.REQUESTED;
        BackendChoice before = order.choice();
        order = wanted;
        if (wanted.retraction() && wanted.choice().equals(used)) {
            return present;
        }
        watch(present);
        Attempt attempt = new Attempt(reason, place, described);
        Assembly next = attempt.open(wanted.choice());
        if (next == null) {
            unusable = context.catalog().changes();
            if (reason == Reason.REQUESTED) {
                switchboard.refuse(wanted, before);
                order = switchboard.wanted();
            }
            return present;
        }
        attempt.close(attempt.from, present);
        return attempt.taken(next, wanted.choice());
    }

    /**
     * Closes an assembly whose backend goes away and opens another as soon as there is one.
     *
     * @param why a sentence for the record
     */
    Assembly replace(Assembly gone, Reason reason, @Nullable Place place, String why) {
        return replace(gone, reason, place, why, () -> {});
    }

    /**
     * @param closed to be run when the old assembly is closed, before another is opened
     */
    Assembly replace(Assembly gone, Reason reason, @Nullable Place place, String why, Runnable closed) {
        if (reason == Reason.WITHDRAWN) {
            try {
                watch(gone); // its lease is still open, so that it still works
            } catch (PlumblineException broken) {
                LOG.warn("{} no longer computes, so that nothing can be held against it", described, broken);
            }
        }
        Attempt attempt = new Attempt(reason, place, described);
        attempt.note(why);
        attempt.close(attempt.from, gone);
        closed.run();
        long begin = System.nanoTime();
        Set<BackendChoice> tried = new HashSet<>();
        long seen = context.catalog().changes();
        for (boolean told = false; ; ) {
            context.interruption().check();
            order = switchboard.wanted();
            boolean patient = (System.nanoTime() - begin) / 1e9 < settings.grace();
            for (BackendChoice candidate : candidates(patient, reason)) {
                if (!tried.contains(candidate) && present(candidate)) {
                    tried.add(candidate);
                    attempt.waiting = (System.nanoTime() - begin) / 1e9;
                    Assembly next = attempt.open(candidate);
                    if (next != null) {
                        unusable = candidate.equals(order.choice())
                                ? -1
                                : context.catalog().changes();
                        return attempt.taken(next, candidate);
                    }
                }
            }
            if (!told && !patient) {
                context.progress().say(waiting());
                told = true;
            }
            seen = glance(seen, tried);
        }
    }

    /** Waits a moment; what was tried may be tried again when the catalog has changed. */
    private long glance(long seen, Set<BackendChoice> tried) {
        try {
            context.catalog().awaitChange(seen, GLANCE);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw PlumblineException.of(StandardError.INTERRUPTED)
                    .asked("stopped while waiting for a backend")
                    .cause(stopped)
                    .build();
        }
        long now = context.catalog().changes();
        if (now != seen) {
            tried.clear();
        }
        return now;
    }

    private Set<BackendChoice> candidates(boolean patient, Reason reason) {
        Set<BackendChoice> candidates = new LinkedHashSet<>(List.of(order.choice(), used));
        if ((patient && reason == Reason.WITHDRAWN)
                || settings.substitutes() == StudySettings.Swapping.Substitutes.NONE) {
            return candidates;
        }
        if (order.choice().rollouts() != null) {
            candidates.add(order.choice().withoutRollouts());
        }
        others().forEach(candidates::add);
        return candidates;
    }

    /** Backends that can do what the study needs; those that do not compute in float64, and so are faster, first. */
    private List<BackendChoice> others() {
        record Other(BackendChoice choice, int capabilities) {}
        List<Other> others = new ArrayList<>();
        for (PluginDescription plugin : context.catalog().list()) {
            if (plugin.role() == PluginRole.BACKEND) {
                BackendChoice choice = BackendChoice.of(plugin.id());
                try (LeasedBackend lease = LeasedBackend.of(context.catalog(), choice, file.base())) {
                    lease.requireCapabilities(switchboard.needed());
                    others.add(new Other(choice, lease.backend().capabilities().size()));
                } catch (PlumblineException unsuitable) {
                    LOG.debug("{} cannot stand in", choice, unsuitable);
                }
            }
        }
        others.sort(Comparator.comparingInt(Other::capabilities));
        return others.stream().map(Other::choice).toList();
    }

    private String waiting() {
        List<String> there = context.catalog().list().stream()
                .filter(plugin -> plugin.role() == PluginRole.BACKEND)
                .map(PluginDescription::id)
                .toList();
        return "no suitable backend is left: wanted is " + order.choice() + ", needed "
                + switchboard.needed().toString().toLowerCase(Locale.ROOT) + ", available " + there
                + "; the run waits for one. Put a backend's jar into the plugins folder, or stop the run and continue it"
                + " later with --resume";
    }

    /** One change of backend in the making, and its report. */
    private final class Attempt {
        private final Reason reason;
        private final @Nullable Place place;
        private final String from;
        private String to = "";
        private String message = "";
        private double waiting;
        private double opening;
        private double checking;
        private double closing;
        private @Nullable Probe found;

        private Attempt(Reason reason, @Nullable Place place, String from) {
            this.reason = reason;
            this.place = place;
            this.from = from;
        }

        private void note(String sentence) {
            if (!sentence.isEmpty()) {
                message = message.isEmpty() ? sentence : message + "; " + sentence;
            }
        }

        private void close(String what, Assembly old) {
            long start = System.nanoTime();
            try {
                old.close();
                if (old.backend().leftBehind()) {
                    note("the session on " + what + " did not come back from close and was left behind");
                }
            } catch (RuntimeException failure) {
                note("the session on " + what + " failed to close: " + failure.getMessage());
            }
            closing += (System.nanoTime() - start) / 1e9;
        }

        /** Opens a backend and holds it against the old one; null if it cannot be used. */
        private @Nullable Assembly open(BackendChoice choice) {
            to = choice.toString();
            found = null;
            String before = message;
            Assembly next = null;
            long start = System.nanoTime();
            try {
                next = new Assembly(context, file, choice);
                next.backend().requireCapabilities(switchboard.needed());
                to = next.backend().backend().description();
                opening = (System.nanoTime() - start) / 1e9;
                start = System.nanoTime();
                found = Probe.of(next.workbench(), next.program());
                checking = (System.nanoTime() - start) / 1e9;
                if (agrees()) {
                    return next;
                }
                note("the two backends do not agree");
            } catch (RuntimeException | UnsatisfiedLinkError failure) {
                note(String.valueOf(failure.getMessage()));
            }
            if (next != null) {
                close(to, next);
            }
            report(Outcome.REFUSED);
            message = before;
            return null;
        }

        private @Nullable Agreement prediction() {
            return known == null || found == null ? null : known.prediction(found);
        }

        private @Nullable Agreement gradient() {
            return known == null || found == null ? null : known.gradient(found);
        }

        private boolean agrees() {
            Agreement prediction = prediction();
            Agreement gradient = gradient();
            if (prediction == null) {
                note("not compared, since nothing is known of the old backend");
            }
            return (prediction == null || prediction.within(settings.tolerance()))
                    && (gradient == null || gradient.within(settings.tolerance()));
        }

        private Assembly taken(Assembly next, BackendChoice choice) {
            used = choice;
            report(Outcome.SWAPPED);
            known = found;
            described = to;
            return next;
        }

        private void report(Outcome outcome) {
            Probe old = known;
            Probe now = found;
            SwapReport report = new SwapReport(
                    SwapReport.now(),
                    place == null ? null : place.trial(),
                    place == null ? null : place.seed(),
                    place == null ? null : place.update(),
                    reason,
                    from,
                    to,
                    outcome,
                    prediction(),
                    gradient(),
                    settings.tolerance(),
                    old == null || now == null ? Double.NaN : now.seconds() / old.seconds(),
                    new SwapReport.Seconds(waiting, opening, checking, closing),
                    message);
            records.accept(report);
            switchboard.report(report);
            context.progress().say(report.text());
        }
    }
}
