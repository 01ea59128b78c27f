/**
 * Noise schedules of discretely trained models, those of models of continuous time
 * ({@link org.plumbline.toolkit.schedule.LinearSchedule}, {@link org.plumbline.toolkit.schedule.ScaledLinearSchedule},
 * {@link org.plumbline.toolkit.schedule.CosineSchedule}), and the straight path of flow matching
 * ({@link org.plumbline.toolkit.schedule.FlowSchedule}).
 *
 * <p>{@link org.plumbline.toolkit.schedule.BetaSchedule} makes the betas of the usual families;
 * {@link org.plumbline.toolkit.schedule.DiscreteNoiseSchedule} turns them into a
 * {@link org.plumbline.spi.sampler.NoiseSchedule} that solvers may evaluate between the training steps:
 *
 * <pre>{@code
 * double[] betas = BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT32);
 * NoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(betas, Precision.FLOAT32);
 * }</pre>
 *
 * <p>The precision matters: diffusers makes betas and their cumulative product in float32, so a network that it trained
 * has seen those numbers. float32 is therefore what model loaders use; float64 is for closed-form problems.
 */
@Export
@Version("1.3.0")
@NullMarked
package org.plumbline.toolkit.schedule;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
