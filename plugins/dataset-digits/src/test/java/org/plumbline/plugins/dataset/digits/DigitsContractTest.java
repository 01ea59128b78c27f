package org.plumbline.plugins.dataset.digits;

import java.nio.file.Path;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.testkit.data.DatasetContract;

/** On the real, shipped data. */
class DigitsContractTest extends DatasetContract {
    private static final DigitsDataset DIGITS =
            new DigitsDataset(Path.of("../../distribution/app/src/main/plumbline/data/mnist"));

    @Override
    protected CaptionedDataset dataset() {
        return DIGITS;
    }
}
