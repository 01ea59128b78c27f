/**
 * Studies: estimators x seeds under one budget, each held against the true gradient.
 *
 * <p>A {@link org.plumbline.kernel.study.StudyFile} is read into {@link org.plumbline.kernel.study.StudySettings}. A
 * {@link org.plumbline.kernel.study.StudyPlan} resolves them against the plugins that are available, checks every
 * combination and refuses what cannot run, before the first step. A {@link org.plumbline.kernel.study.Study} runs a plan:
 * it measures the quality of the gradients ({@code GradientQuality}), fine-tunes once per trial and seed
 * ({@code FineTuning}), evaluates on fixed prompts and noise, and writes everything to a run folder.
 *
 * <p>What a run holds of plugins is an {@code Assembly}: leases on the plugins and a workbench on one backend session.
 * When one of the plugins is withdrawn or replaced, the assembly is closed at the next step boundary and made anew; the
 * state of the run, which lives in Java arrays ({@code TrialState}), goes on where it was, bit by bit.
 */
@Export
@Version("1.1.0")
@NullMarked
package org.plumbline.kernel.study;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
