package org.plumbline.plugins.reward.motion;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Where something moves to, in an image whose rows count downwards. */
enum Direction {
    LEFT(-1, 0),
    RIGHT(1, 0),
    UP(0, -1),
    DOWN(0, 1),
    STILL(0, 0);

    private final int dx;
    private final int dy;

    Direction(int dx, int dy) {
        this.dx = dx;
        this.dy = dy;
    }

    /**
     * The direction that a prompt names.
     *
     * @throws PlumblineException {@link StandardError#BAD_VALUE} if it names none or more than one
     */
    static Direction of(String prompt) {
        Set<Direction> found = EnumSet.noneOf(Direction.class);
        for (String word : prompt.toLowerCase(Locale.ROOT).split("[^a-z]+", -1)) {
            for (Direction direction : values()) {
                if (direction.name().toLowerCase(Locale.ROOT).equals(word)) {
                    found.add(direction);
                }
            }
        }
        if (found.size() != 1) {
            throw PlumblineException.of(StandardError.BAD_VALUE)
                    .asked("prompt '" + prompt + "' names " + (found.isEmpty() ? "no direction" : "several directions"))
                    .available("prompts with exactly one of: left, right, up, down, still")
                    .build();
        }
        return found.iterator().next();
    }

    /** How far a displacement goes in this direction; for STILL minus its length. */
    double along(double x, double y) {
        return this == STILL ? -Math.hypot(x, y) : dx * x + dy * y;
    }

    /** How far a displacement strays from this direction's axis; for STILL 0. */
    double across(double x, double y) {
        return this == STILL ? 0 : Math.abs(dx * y) + Math.abs(dy * x);
    }
}
