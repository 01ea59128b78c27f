package org.plumbline.spi.reward;

import org.plumbline.spi.provenance.Citable;

/** Scores images; larger is better. Immutable and thread-safe. */
public sealed interface RewardModel extends Citable, AutoCloseable
        permits DifferentiableRewardModel, BlackBoxRewardModel, RewardChoice {
    /** What one unit of the reward is, for the axes of plots, for example {@code nats} or {@code kB}. */
    String unit();

    @Override
    default void close() {}
}
