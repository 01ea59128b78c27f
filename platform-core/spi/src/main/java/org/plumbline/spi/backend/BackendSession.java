package org.plumbline.spi.backend;

import org.osgi.annotation.versioning.ProviderType;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.graph.WeightSource;

/** An open connection to a device. Used by one thread at a time; the opener closes it. */
@ProviderType
public interface BackendSession extends AutoCloseable {
    /**
     * Makes a graph executable. The session owns the network; close it earlier to free its weights.
     *
     * @param graph the network
     * @param frozen the weights that {@code trainable} does not name
     * @param trainable the parameters that are passed to every call; empty if none
     * @throws PlumblineException {@link StandardError#WRONG_SHAPE} or {@link StandardError#MALFORMED_FILE} if a weight
     *     is missing or has another shape than the graph asks for; {@link StandardError#BAD_VALUE} if the graph never
     *     asks for one of the parameters
     */
    Network compile(GraphDefinition graph, WeightSource frozen, ParameterLayout trainable);

    /** A new arena. The caller closes it; the session closes what is left. */
    TensorArena arena();

    /** Gives memory that is not in use back to the operating system, where the backend can. */
    default void trim() {}

    /** Frees networks and arenas. Closing twice is harmless. */
    @Override
    void close();
}
