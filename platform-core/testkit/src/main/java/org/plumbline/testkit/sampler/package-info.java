/**
 * What a sampler must keep.
 *
 * <p>A sampler's test extends {@link org.plumbline.testkit.sampler.SamplerContract}, returns the sampler and a backend, and
 * writes down the paper's formulas a second time:
 *
 * <pre>{@code
 * class MySamplerTest extends SamplerContract {
 *     @Override
 *     protected ComputeBackend backend() {
 *         return new ReferenceBackend();
 *     }
 *
 *     @Override
 *     protected Sampler sampler() {
 *         return new MySampler(new MySampler.Configuration(1));
 *     }
 *
 *     @Override
 *     protected SamplerCall expected(Sampler.Request request, int call) {
 *         ... // numbers of this call, straight from the paper
 *     }
 * }
 * }</pre>
 *
 * <p>Samplers of diffusers are also held against {@link org.plumbline.testkit.sampler.RecordedLoops whole loops} of its
 * schedulers, and deterministic solvers against {@link org.plumbline.testkit.sampler.ConvergenceOrder the order} with which
 * they should approach the flow; those may leave out {@code expected}.
 *
 * <p>Nothing else is needed: that the exact adjoint and the score of every step follow from the table is what the contract
 * shows, on a small noise predictor in float64.
 */
@Export
@Version("0.1.0")
@NullMarked
package org.plumbline.testkit.sampler;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
