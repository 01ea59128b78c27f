/**
 * What long work tells whoever waits for it, and how it is asked to stop.
 *
 * <p>Work reports to a {@link org.plumbline.kernel.progress.Progress} and does not know whether that is a terminal, a
 * browser or nothing. Tasks may be nested: a study begins a task with one unit per trial, each trial one with a unit per
 * update; the time that is left follows from all of them together.
 *
 * <pre>{@code
 * try (Progress.Task trials = progress.begin("trials", plan.size(), "trials")) {
 *     for (Trial trial : plan) {
 *         try (Progress.Task updates = progress.begin(trial.name(), trial.updates(), "updates")) {
 *             for (int i = 0; i < trial.updates(); i++) {
 *                 interruption.check();                                  // at every step boundary
 *                 updates.advance(i + 1, Map.of("reward", update(i)));
 *             }
 *         }
 *         trials.advance(trial.number() + 1);
 *     }
 * }
 * }</pre>
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.kernel.progress;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
