/**
 * The tanh chain as plugins, all with the id {@code toy-chain}: a model that is one small matrix, a sampler that is a
 * table of constants, and a quadratic reward. It generates nothing; on it, a million samples take seconds, so that bias
 * and variance of every estimator show with small errors.
 */
@NullMarked
package org.plumbline.plugins.model.toy.chain;

import org.jspecify.annotations.NullMarked;
