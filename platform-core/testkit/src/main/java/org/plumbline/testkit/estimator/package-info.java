/**
 * What a gradient estimator must keep, and the means to measure it.
 *
 * <p>An estimator's test extends {@link org.plumbline.testkit.estimator.GradientEstimatorContract} once for every
 * configuration that matters, and says what its documentation says:
 *
 * <pre>{@code
 * class MyEstimatorTest extends GradientEstimatorContract {
 *     @Override
 *     protected ComputeBackend backend() {
 *         return new ReferenceBackend();
 *     }
 *
 *     @Override
 *     protected GradientEstimator estimator() {
 *         return new MyEstimator(new MyEstimator.Configuration(2));
 *     }
 *
 *     @Override
 *     protected ExpectedWork work(SamplerProgram program) {
 *         return new ExpectedWork(2 * program.size(), program.size(), 1);
 *     }
 * }
 * }</pre>
 *
 * <p>The contract holds the estimator to its {@linkplain org.plumbline.spi.estimator.EstimatorTrait traits}, those it
 * declares and those it does not: a declared absence of bias is tested against the exact discrete adjoint of the same
 * samples, and so is a bias that is not denied; a need must be real, and what is not needed must not be used. The problems
 * are closed-form chains on which thousands of replicas take a second.
 *
 * <p>{@link org.plumbline.testkit.estimator.ChainContract} is the same for the host's own chain on a backend: its sweep is
 * held against finite differences, its cuts against the derivative of the log-probability.
 */
@Export
@Version("0.1.0")
@NullMarked
package org.plumbline.testkit.estimator;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
