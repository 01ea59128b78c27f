/**
 * What {@code plumbline doctor} looks at. Each probe looks at one thing and returns
 * {@link org.plumbline.launcher.doctor.Finding findings}; a {@link org.plumbline.launcher.doctor.Diagnosis} prints them and
 * knows the exit code. Whether a backend works is asked of the backend, by opening a session; the probes of files and
 * drivers say why it does not.
 */
@NullMarked
package org.plumbline.launcher.doctor;

import org.jspecify.annotations.NullMarked;
