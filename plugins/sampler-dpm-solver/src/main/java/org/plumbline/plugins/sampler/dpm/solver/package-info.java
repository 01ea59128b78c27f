/**
 * Solvers that integrate the linear part of the probability flow exactly. On the clock lambda = log (alpha / sigma) the
 * remaining integrand is the predicted noise or the predicted sample, extrapolated from the last calls: DPM-Solver,
 * DPM-Solver++, their stochastic forms, UniPC and DEIS.
 */
@NullMarked
package org.plumbline.plugins.sampler.dpm.solver;

import org.jspecify.annotations.NullMarked;
