/**
 * Backends that change while a run goes on.
 *
 * <p>A run asks for a backend by a {@link org.plumbline.kernel.swap.BackendChoice} and holds it as a
 * {@link org.plumbline.kernel.swap.LeasedBackend}. Which choice holds now is known to the run's
 * {@link org.plumbline.kernel.swap.Switchboard}: an operator places an order there, from any thread; the run's workers
 * look at it at every step boundary, carry it out, and answer with a
 * {@link org.plumbline.kernel.record.SwapReport} each.
 *
 * <pre>
 *   operator           switchboard             worker, at a step boundary
 *   order(choice) ──►  checked: plugin there,
 *                      device there, can what
 *                      the run needs
 *                      order 2: choice  ──────► open a session on the new backend
 *                                               probe it, hold it against the old one's probe
 *                                               agrees: close the old, go on with the new
 *                      reports  ◄────────────── does not: close the new, go on with the old; the order is withdrawn
 *   await()  ◄───────  when all have answered
 * </pre>
 *
 * <p>The same happens without an order when a backend's bundle is updated or withdrawn, or its device fails: then the old
 * session is closed first, since its code is about to go, and what the old backend computed is known from the probe that
 * was made when it was opened. A backend of the same id is waited for; if none comes, another one that can do what the run
 * needs stands in, until the first is there again; if there is none, the run waits.
 *
 * <p>Nothing has to be moved: parameters, moments, averages, counters, per-prompt statistics and noise keys of a run are
 * Java values between two steps. Hence a run that went from one session to another of the same backend has the same
 * numbers, bit by bit, as one that did not.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.kernel.swap;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
