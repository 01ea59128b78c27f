package org.plumbline.plugins.estimator.rlr;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.plumbline.spi.sampler.SamplerProgram;

/**
 * Consecutive steps {start .. start + length - 1}, counted from the output: step t of a chain of T is its network call
 * T - t. The score is that of the noise of step {@code start}, the end next to the output.
 *
 * @param start j, at least 1
 * @param length how many steps
 */
record SubChain(int start, int length) {
    /** The step next to the initial noise. */
    int end() {
        return start + length - 1;
    }

    /** The network calls of its steps. */
    BitSet calls(int steps) {
        return calls(steps, start, end());
    }

    /** The network calls of steps {from..to}. */
    static BitSet calls(int steps, int from, int to) {
        BitSet calls = new BitSet();
        if (from <= to) {
            calls.set(steps - to, steps - from + 1);
        }
        return calls;
    }

    /**
     * Tiles that cover steps 2..T: a tile has h steps, or more where the next one has no noise to start with; the one next
     * to the initial noise has what is left.
     */
    static List<SubChain> tiles(SamplerProgram program, int h) {
        int steps = program.size();
        List<SubChain> tiles = new ArrayList<>();
        int start = 2;
        for (int step = 3; step <= steps; step++) {
            if (step - start >= h && program.stochastic(steps - step)) {
                tiles.add(new SubChain(start, step - start));
                start = step;
            }
        }
        tiles.add(new SubChain(start, steps - start + 1));
        return tiles;
    }
}
