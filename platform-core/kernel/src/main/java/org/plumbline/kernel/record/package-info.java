/**
 * The run folder: what a run was asked and what came of it. It is the truth; tables, reports and databases are derived
 * from it and can be thrown away.
 *
 * <pre>
 *   study.json       one {@link org.plumbline.kernel.record.StudyDescription}, written once and never changed
 *   records.jsonl    one {@link org.plumbline.kernel.record.RunRecord} per line, appended while the run goes on
 *   images/          base.png, and per trial and seed label-seed7-before.png, label-seed7-after.png
 *   weights/         per trial and seed, what was trained, in the model's own format
 *   checkpoints/     per trial and seed, what a resumed run needs
 *   replicas/        replicas of gradients, while they are measured
 *   .lock            held while a run writes here
 * </pre>
 *
 * <p>A line reaches the operating system before the call that wrote it returns. A process that is killed leaves at most
 * one unfinished line, which readers skip and a resumed run removes.
 *
 * <pre>{@code
 * try (RunWriter run = RunFolder.create(folder, description)) {
 *     run.append(EventRecord.of(EventRecord.Type.STARTED, "rlr", 7, 0, "first update"));
 *     run.append(new UpdateRecord("rlr", 7, 1, cost, reward, rewardSd, gradientNorm, false, diagnostics));
 * }
 * RunFolder read = RunFolder.open(folder);          // any time, also while the run goes on
 * List<RunRecord> records = read.records();
 * }</pre>
 */
@Export
@Version("1.1.0")
@NullMarked
package org.plumbline.kernel.record;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
