/**
 * The report of a run: one page that needs nothing beside itself, and tables for other programs.
 *
 * <p>{@link org.plumbline.kernel.report.Report#write} reads a run folder and writes {@code report.html}, {@code
 * records.csv}, {@code evaluations.csv} and {@code gradients.csv} into it. The files follow from the folder alone: they
 * can be thrown away and made again, also while the run goes on.
 *
 * <p>Inside: {@code Results} puts the records in order, {@code Findings} turns them into sentences, the sections write
 * tables and charts, {@code LineChart} and {@code DotChart} draw SVG. A section that has nothing to show writes nothing.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.kernel.report;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
