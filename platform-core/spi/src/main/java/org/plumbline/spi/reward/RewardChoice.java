package org.plumbline.spi.reward;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.provenance.Citation;

/**
 * A reward whose kind follows from its settings: whether a file can be read as a graph, say. A plugin class implements it
 * where it cannot know at build time which of the other two kinds it will be. Only the host sees it: it takes what was
 * chosen when the plugin is created, and everybody else meets that.
 */
@ConsumerType
public non-sealed interface RewardChoice extends RewardModel {
    /**
     * The reward to use: a differentiable one or a black box, the same at every call. Closing it closes everything that
     * this object holds; this object itself is not closed then.
     */
    RewardModel chosen();

    @Override
    default String unit() {
        return chosen().unit();
    }

    @Override
    default List<Citation> citations() {
        return chosen().citations();
    }

    @Override
    default void close() {
        chosen().close();
    }
}
