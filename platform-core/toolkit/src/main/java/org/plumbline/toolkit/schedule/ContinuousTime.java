package org.plumbline.toolkit.schedule;

import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** What schedules of a rising beta(t) have in common. */
final class ContinuousTime {
    private ContinuousTime() {}

    static void check(String name, double first, double last, int trainSteps) {
        if (!(first > 0 && first < last && Double.isFinite(last)) || trainSteps < 2) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("a " + name + " noise schedule with beta from " + first + " to " + last + " and "
                            + trainSteps + " training steps")
                    .available("0 < beta_0 < beta_1 and at least 2 training steps")
                    .build();
        }
    }
}
