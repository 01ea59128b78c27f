package org.plumbline.launcher.doctor;

import static org.plumbline.launcher.doctor.Finding.Area.STUDY;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.study.Examination;
import org.plumbline.kernel.study.StudyContext;
import org.plumbline.kernel.study.StudyFile;
import org.plumbline.kernel.study.Verdict;

/**
 * What a study would use, and whether it can.
 *
 * @param context of the study
 * @param file the study
 * @param freeMemory bytes that can be had now
 */
public record StudyProbe(StudyContext context, StudyFile file, long freeMemory) {
    /** Looks. */
    public List<Finding> look() {
        Examination examination = Examination.of(context, file);
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok(
                STUDY, "'" + file.settings().name() + "'", file.path().toString()));
        for (Examination.Part part : examination.parts()) {
            findings.add(finding(part.role(), part.plugin() + ": ", part.verdict()));
        }
        for (Examination.Question question : examination.questions()) {
            findings.add(finding(question.what(), "", question.verdict()));
        }
        Examination.@Nullable Size size = examination.size();
        if (size != null) {
            findings.add(memory(size));
        } else {
            findings.add(Finding.note(
                    STUDY, "trials", "what the parts can do together is seen once each of them can be used"));
        }
        return findings;
    }

    private static Finding finding(String what, String before, Verdict verdict) {
        String found = before + Finding.sentence(verdict.sentence());
        return verdict.possible()
                ? Finding.ok(STUDY, what, found)
                : Finding.broken(
                        STUDY,
                        what,
                        found,
                        Objects.requireNonNull(verdict.code()).kind().exitCode());
    }

    private Finding memory(Examination.Size size) {
        String found = "at least " + MachineProbe.size(size.total()) + ": " + size.workers()
                + (size.workers() == 1 ? " worker" : " workers") + " with " + MachineProbe.size(size.weightBytes())
                + " of weights, " + MachineProbe.size(size.stateBytes()) + " of state for " + size.parameters()
                + " trained numbers, " + MachineProbe.size(size.trajectoryBytes())
                + " of latents; what a network needs while it runs comes on top";
        return size.total() > freeMemory
                ? Finding.warning(
                        STUDY,
                        "memory",
                        found + "; only " + MachineProbe.size(freeMemory)
                                + " are free; to do: lower parallel or batch, or train fewer numbers")
                : Finding.ok(STUDY, "memory", found);
    }
}
