package org.plumbline.spi.data;

import java.util.random.RandomGenerator;
import org.osgi.annotation.versioning.ConsumerType;
import org.plumbline.spi.provenance.Citable;

/** A finite set of labelled images or videos with captions. Immutable and thread-safe. */
@ConsumerType
public interface CaptionedDataset extends Citable {
    /** The parts into which a dataset is divided; they do not overlap. */
    enum Split {
        /** For the generative model. */
        GENERATOR,
        /** For classifiers that judge the generative model. */
        CLASSIFIER,
        /** For measuring classifiers. */
        TEST
    }

    /** Channels, height, width of an image; channels, frames, height, width of a video. */
    long[] imageShape();

    /** How many images a split has. */
    int size(Split split);

    /** How many classes the labels distinguish; labels are 0 to this minus 1. */
    int classes();

    /**
     * One example as it is presented to a learner.
     *
     * @param random decides what varies between presentations, such as which attributes the caption mentions
     */
    Example example(Split split, int index, RandomGenerator random);

    /**
     * One presentation.
     *
     * @param pixels row-major, in [-1, 1]
     * @param caption text that describes the image
     * @param label class
     */
    record Example(float[] pixels, String caption, int label) {}
}
