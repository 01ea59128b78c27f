package org.plumbline.kernel.study;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.plumbline.kernel.control.Controls;
import org.plumbline.kernel.record.SwapReport;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.kernel.swap.Switchboard;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** What can be asked of a study that runs. Thread-safe. */
public final class StudyControls implements Controls {
    private static final Duration GLANCE = Duration.ofSeconds(1);

    private final Study study;
    private final String name;
    private final Path folder;

    /**
     * @param name of the study
     * @param folder of the run
     */
    public StudyControls(Study study, String name, Path folder) {
        this.study = study;
        this.name = name;
        this.folder = folder.toAbsolutePath().normalize();
    }

    @Override
    public String folder() {
        return folder.toString();
    }

    @Override
    public String status() {
        Switchboard switchboard = study.switchboard();
        StringBuilder text = new StringBuilder("study '")
                .append(name)
                .append("' in ")
                .append(folder)
                .append(", process ")
                .append(ProcessHandle.current().pid())
                .append("\n  backend: ")
                .append(switchboard.wanted().choice());
        List<SwapReport> history = switchboard.history();
        if (!history.isEmpty()) {
            text.append("\n  swaps so far: ")
                    .append(history.size())
                    .append(", the last one: ")
                    .append(history.get(history.size() - 1).text().replace("\n", "\n  "));
        }
        return text.toString();
    }

    @Override
    public void swap(BackendChoice choice, Consumer<String> say) throws InterruptedException {
        Switchboard.Ticket ticket = study.order(choice);
        say.accept("ordered " + choice + "; the run goes over at its next step boundaries");
        for (int seen = 0; ; ) {
            Switchboard.State state = ticket.state();
            List<SwapReport> reports = ticket.await(seen, GLANCE);
            for (SwapReport report : reports.subList(seen, reports.size())) {
                say.accept(report.text());
            }
            seen = reports.size();
            switch (state) {
                case OPEN -> {}
                case CARRIED_OUT -> {
                    say.accept(
                            reports.isEmpty()
                                    ? "no worker is at work now; the next one begins on it"
                                    : "all workers are on " + choice);
                    return;
                }
                case REFUSED ->
                    throw PlumblineException.of(StandardError.DISAGREEMENT)
                            .asked("the run stays on its backend: " + choice + " was not taken, as the report says")
                            .remedy("raise swap.tolerance in the study if the difference is acceptable")
                            .build();
                case OVERTAKEN ->
                    throw PlumblineException.of(StandardError.INCOMPATIBLE)
                            .asked("another order came before this one was carried out")
                            .build();
            }
        }
    }
}
