package org.plumbline.kernel.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.plumbline.spi.error.ErrorKind;
import org.plumbline.spi.error.PlumblineException;

class InterruptionTest {
    @Test
    void workGoesOnUntilSomebodyAsksItToStop() {
        var interruption = new Interruption();
        interruption.check();
        interruption.request();
        assertTrue(interruption.stopRequested());
        var stop = assertThrows(PlumblineException.class, interruption::check);
        assertEquals(ErrorKind.INTERRUPTED, stop.code().kind());
        assertEquals(130, stop.code().kind().exitCode());
    }
}
