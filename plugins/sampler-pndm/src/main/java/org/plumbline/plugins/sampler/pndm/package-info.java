/** PNDM and PLMS as sampler programs. */
@NullMarked
package org.plumbline.plugins.sampler.pndm;

import org.jspecify.annotations.NullMarked;
