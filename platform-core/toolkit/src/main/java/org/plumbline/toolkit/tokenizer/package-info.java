/**
 * From text to token ids, by the files of a model folder's tokenizer.
 *
 * <pre>{@code
 * ClipTokenizer tokenizer = ClipTokenizer.read(folder, 77);
 * long[] ids = tokenizer.tokenize("a handwritten three");
 * }</pre>
 */
@Export
@Version("1.0.0")
@NullMarked
package org.plumbline.toolkit.tokenizer;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
