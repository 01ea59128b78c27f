/**
 * How Plumbline fails.
 *
 * <p>Every failure that a user can meet is a {@link org.plumbline.spi.error.PlumblineException}. It carries a stable
 * {@linkplain org.plumbline.spi.error.ErrorCode code}, the code's {@linkplain org.plumbline.spi.error.ErrorKind kind}
 * (whose fault it is, and therefore what helps) and a message in three parts: what was asked, what is available, what to
 * do. A plugin with failures of its own declares an enum that implements {@code ErrorCode}; everything common is in
 * {@link org.plumbline.spi.error.StandardError}.
 *
 * <pre>{@code
 * throw PlumblineException.of(StandardError.UNKNOWN_PLUGIN)
 *         .asked("estimator 'rlrr'")
 *         .available("adjoint-dpm, policy-gradient, rlr, truncated-bp")
 *         .remedy("correct the id, or drop the plugin's jar into the plugins folder")
 *         .build();
 * }</pre>
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.spi.error;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
