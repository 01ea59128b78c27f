/**
 * What one update costs.
 *
 * <p>{@link org.plumbline.it.benchmark.UpdateBenchmark} starts one fresh process after the other, each of which measures
 * one {@link org.plumbline.it.benchmark.Method}: {@link org.plumbline.it.benchmark.UpdateProcess} here, and if wanted the
 * same update written in PyTorch. A process of its own gives each method a clean peak of memory. How to run it and what
 * came out is in BENCHMARKS.md. {@link org.plumbline.it.benchmark.SettingsBenchmark} compares the settings of a backend,
 * call by call.
 */
@NullMarked
package org.plumbline.it.benchmark;

import org.jspecify.annotations.NullMarked;
