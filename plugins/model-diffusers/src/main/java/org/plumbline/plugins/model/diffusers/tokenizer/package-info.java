/** From text to token ids, by the files of a model folder's tokenizer. */
@NullMarked
package org.plumbline.plugins.model.diffusers.tokenizer;

import org.jspecify.annotations.NullMarked;
