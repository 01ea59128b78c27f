package org.plumbline.plugins.dataset.digits;

import java.nio.file.Path;
import org.plumbline.spi.data.CaptionedDataset;
import org.plumbline.testkit.data.DatasetContract;

/** On the real, shipped data. */
class MotionContractTest extends DatasetContract {
    private static final MotionDataset CLIPS =
            new MotionDataset(Path.of("../../distribution/app/src/main/plumbline/data/mnist"));

    @Override
    protected CaptionedDataset dataset() {
        return CLIPS;
    }
}
