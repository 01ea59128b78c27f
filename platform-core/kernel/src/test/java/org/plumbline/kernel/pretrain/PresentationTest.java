package org.plumbline.kernel.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.plumbline.spi.data.CaptionedDataset.Split;
import org.plumbline.spi.error.PlumblineException;

class PresentationTest {
    @Test
    void anEpochShowsNoExampleTwiceAndDropsWhatIsLessThanABatch() {
        Presentation presentation = new Presentation(Split.GENERATOR, 23, 5, 1, "test");
        List<Integer> shown = epoch(presentation, 0);
        assertEquals(20, shown.size());
        assertEquals(20, new HashSet<>(shown).size());
        assertTrue(shown.stream().allMatch(index -> index >= 0 && index < 23));
    }

    @Test
    void everyEpochAndEverySeedHasItsOwnOrder() {
        Presentation presentation = new Presentation(Split.GENERATOR, 20, 5, 1, "test");
        List<Integer> first = epoch(presentation, 0);
        assertNotEquals(first, epoch(presentation, 1));
        assertNotEquals(first, epoch(new Presentation(Split.GENERATOR, 20, 5, 2, "test"), 0));
    }

    @Test
    void theOrderDependsOnTheIterationAndNotOnWhatWasAskedBefore() {
        Presentation used = new Presentation(Split.GENERATOR, 20, 5, 1, "test");
        List<Integer> third = epoch(used, 2);
        epoch(used, 0);
        assertEquals(third, epoch(used, 2));
        assertEquals(third, epoch(new Presentation(Split.GENERATOR, 20, 5, 1, "test"), 2));
    }

    @Test
    void aBatchLargerThanTheDatasetIsRefused() {
        assertThrows(PlumblineException.class, () -> new Presentation(Split.GENERATOR, 3, 4, 1, "test"));
    }

    private static List<Integer> epoch(Presentation presentation, int number) {
        List<Integer> shown = new ArrayList<>();
        for (int iteration = 4 * number; iteration < 4 * (number + 1); iteration++) {
            for (int row = 0; row < 5; row++) {
                shown.add(presentation.index(iteration, row));
            }
        }
        return shown;
    }
}
