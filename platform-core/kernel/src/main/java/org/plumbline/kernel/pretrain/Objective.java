package org.plumbline.kernel.pretrain;

import java.util.Map;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;

/** What a training makes smaller. Batches depend on the iteration's number only. */
interface Objective {
    /** The graph of the loss: the inputs of {@link #batch} to one loss per row. */
    GraphDefinition loss();

    /** The parameters of the graph. */
    ParameterLayout layout();

    /** The parameters at the start. */
    double[] initial();

    /** The inputs of the loss in an iteration, row-major, by name. */
    Map<String, double[]> batch(long iteration);
}
