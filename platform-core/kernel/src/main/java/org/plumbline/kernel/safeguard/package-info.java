/**
 * What keeps fine-tuning honest, the same for every estimator.
 *
 * <p>A reward is a proxy. Pushed hard enough, every optimiser finds images that please the proxy and nobody else. So an
 * {@link org.plumbline.kernel.safeguard.Anchor} can pull the model back to where it was pre-trained, a
 * {@link org.plumbline.kernel.safeguard.HeldOutAlarm} watches rewards that are not trained on, and a
 * {@link org.plumbline.kernel.safeguard.VarianceMeter} says, while a run goes on, how much of an estimate is noise.
 *
 * <p>Estimators know nothing of these: an anchor's gradient is added to theirs, the others only look.
 */
@NullMarked
package org.plumbline.kernel.safeguard;

import org.jspecify.annotations.NullMarked;
