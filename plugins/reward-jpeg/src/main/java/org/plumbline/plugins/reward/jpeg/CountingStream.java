package org.plumbline.plugins.reward.jpeg;

import java.io.OutputStream;

/** Forgets what is written to it, but not how much that was. */
final class CountingStream extends OutputStream {
    private long bytes;

    @Override
    public void write(int value) {
        bytes++;
    }

    @Override
    public void write(byte[] source, int from, int length) {
        bytes += length;
    }

    long bytes() {
        return bytes;
    }
}
