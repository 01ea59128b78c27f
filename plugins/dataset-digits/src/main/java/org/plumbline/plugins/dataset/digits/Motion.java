package org.plumbline.plugins.dataset.digits;

import java.util.random.RandomGenerator;

/**
 * How a digit moves: from the middle of the clip, with the same velocity in all frames, along one axis or not at all.
 * Lengths are pixels of the clip, x to the right and y downwards; (0, 0) is the clip's middle.
 *
 * <p>It begins in the middle so that a direction is seen in every later frame, not in the order of the frames alone: a model
 * learns a word that has an effect by itself far sooner than one that has none but together with a frame's number.
 *
 * @param direction where to
 * @param quick true for {@link #QUICKLY}, false for {@link #SLOWLY}; without meaning for a digit that stands still
 * @param x of the digit's centre in the first frame
 * @param y of the digit's centre in the first frame
 * @param speed per frame
 */
record Motion(Direction direction, boolean quick, double x, double y, double speed) {
    /** Where a digit moves to. */
    enum Direction {
        LEFT("left", -1, 0),
        RIGHT("right", 1, 0),
        UP("up", 0, -1),
        DOWN("down", 0, 1),
        NOWHERE("still", 0, 0);

        private final String word;
        private final int dx;
        private final int dy;

        Direction(String word, int dx, int dy) {
            this.word = word;
            this.dx = dx;
            this.dy = dy;
        }
    }

    static final String SLOWLY = "slowly";
    static final String QUICKLY = "quickly";

    private static final String[] DIGITS = {
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"
    };
    private static final double SLOWEST = 0.2;
    private static final double SLOW = 0.3;
    private static final double QUICK = 0.4;
    private static final double QUICKEST = 0.5;

    /** How far the centre may be from the middle at the beginning, across the motion and along it. */
    private static final double ACROSS = 1.5;

    private static final double ALONG = 0.5;

    /** How often a caption names the digit, and how often the motion. */
    private static final double NAMED = 0.9;

    /** Draws a motion. */
    static Motion draw(RandomGenerator random) {
        Direction direction = Direction.values()[random.nextInt(Direction.values().length)];
        boolean quick = random.nextBoolean();
        double free = ACROSS * (2 * random.nextDouble() - 1);
        double bound = 2 * random.nextDouble() - 1;
        double share = random.nextDouble();
        double speed = quick ? QUICK + share * (QUICKEST - QUICK) : SLOWEST + share * (SLOW - SLOWEST);
        if (direction == Direction.NOWHERE) {
            return new Motion(direction, quick, free, ALONG * bound, 0);
        }
        boolean horizontal = direction.dx != 0;
        return new Motion(
                direction, quick, horizontal ? ALONG * bound : free, horizontal ? free : ALONG * bound, speed);
    }

    /** Where the centre is in a frame, as x and y. */
    double[] centre(int frame) {
        return new double[] {x + direction.dx * speed * frame, y + direction.dy * speed * frame};
    }

    /**
     * A caption. It names the digit in nine of ten cases ("a digit" otherwise), the direction in nine of ten, and with the
     * direction, every other time, the speed: "a three moving left", "an eight moving quickly up", "a five standing still",
     * "a two", "a digit moving down".
     */
    String caption(int digit, RandomGenerator random) {
        String noun = random.nextDouble() < NAMED ? DIGITS[digit] : "digit";
        boolean moving = random.nextDouble() < NAMED;
        boolean fast = random.nextBoolean();
        String start = (noun.equals("eight") ? "an " : "a ") + noun;
        if (!moving) {
            return start;
        }
        if (direction == Direction.NOWHERE) {
            return start + " standing still";
        }
        return start + " moving " + (fast ? (quick ? QUICKLY : SLOWLY) + " " : "") + direction.word;
    }
}
