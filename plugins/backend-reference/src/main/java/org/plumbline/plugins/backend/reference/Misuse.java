package org.plumbline.plugins.backend.reference;

import java.util.Arrays;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** The errors of callers that break the rules of {@link org.plumbline.spi.backend}. */
final class Misuse {
    private Misuse() {}

    static PlumblineException closed(String what) {
        return PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                .asked(what + " is closed and cannot be used any more")
                .build();
    }

    static PlumblineException foreign(String what) {
        return PlumblineException.of(StandardError.PLUGIN_CONTRACT)
                .asked(what + " belongs to another session")
                .remedy("read its numbers with toDoubles() and make a tensor of this session")
                .build();
    }

    static PlumblineException broken(String what) {
        return PlumblineException.of(StandardError.PLUGIN_CONTRACT).asked(what).build();
    }

    static PlumblineException wrongShape(String what) {
        return PlumblineException.of(StandardError.WRONG_SHAPE).asked(what).build();
    }

    static String text(int[] shape) {
        return Arrays.toString(shape);
    }
}
