package org.plumbline.kernel.pretrain;

import org.plumbline.spi.data.CaptionedDataset.Split;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.noise.NoiseStream;

/** Which example is the r-th of iteration n: every epoch is a new random order of the whole split. Not thread-safe. */
final class Presentation {
    private final Split split;
    private final int[] order;
    private final int batch;
    private final long seed;
    private final String purpose;
    private long epoch = -1;

    Presentation(Split split, int size, int batch, long seed, String purpose) {
        if (batch > size) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("a batch of " + batch + " from a dataset of " + size)
                    .available("1 to " + size)
                    .build();
        }
        this.split = split;
        this.order = new int[size];
        this.batch = batch;
        this.seed = seed;
        this.purpose = purpose;
    }

    Split split() {
        return split;
    }

    int index(long iteration, int row) {
        int batches = order.length / batch;
        long wanted = iteration / batches;
        if (wanted != epoch) {
            shuffle(wanted);
        }
        return order[(int) (iteration % batches) * batch + row];
    }

    private void shuffle(long wanted) {
        NoiseStream random = NoiseStream.of(seed, purpose + ".order", wanted);
        for (int i = 0; i < order.length; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        epoch = wanted;
    }
}
