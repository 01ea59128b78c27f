package org.plumbline.plugins.model.diffusers.network;

import org.plumbline.spi.graph.Ops;

/**
 * The two ways to look at videos [batch, channels, frames, height, width]: as images [batch x frames, channels, height,
 * width], which layers for images take frame by frame, or whole. In between, the frames of a video are rows of their own.
 *
 * @param count frames of a video
 */
record Frames(int count) {
    /** [batch, channels, frames, height, width] to [batch x frames, channels, height, width]. */
    <T> T apart(Ops<T> ops, T video) {
        long[] shape = ops.shape(video);
        return ops.reshape(ops.transpose(video, 0, 2, 1, 3, 4), -1, shape[1], shape[3], shape[4]);
    }

    /** [batch x frames, channels, height, width] to [batch, channels, frames, height, width]. */
    <T> T together(Ops<T> ops, T images) {
        long[] shape = ops.shape(images);
        return ops.transpose(ops.reshape(images, -1, count, shape[1], shape[2], shape[3]), 0, 2, 1, 3, 4);
    }

    /** [batch, ...] to [batch x frames, ...], the same for every frame. */
    <T> T repeat(Ops<T> ops, T x) {
        long[] shape = ops.shape(x);
        int rank = shape.length;
        long[] one = new long[rank + 1];
        long[] zeros = new long[rank + 1];
        one[0] = -1;
        for (int axis = 1; axis <= rank; axis++) {
            one[axis] = axis == 1 ? 1 : shape[axis - 1];
            zeros[axis] = axis == 1 ? count : 1;
        }
        zeros[0] = 1;
        T repeated = ops.add(ops.reshape(x, one), ops.constant(new double[count], zeros));
        shape[0] = -1;
        return ops.reshape(repeated, shape);
    }
}
