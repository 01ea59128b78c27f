package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * A loaded TorchScript program. Several threads may call it at the same time; weights are read only.
 *
 * <p>Rules for a call, all of them per thread in libtorch and therefore set here and put back afterwards:
 *
 * <ul>
 *   <li>The module is called as for training: otherwise DJL calls it in inference mode, whose tensors can never take part
 *       in a gradient.
 *   <li>Gradients are recorded if and only if the call differentiates. libtorch's default is on, for every thread.
 *   <li>The optimising graph executor is off: it specialises a program to what it saw in the first calls, and the second
 *       call that differentiates within a script then fails.
 *   <li>The number of threads within an operation is what the configuration says: bits depend on it.
 * </ul>
 */
final class TorchScriptModule implements AutoCloseable {
    private final String name;
    private final PtSymbolBlock block;
    private final int threads;

    private TorchScriptModule(String name, PtSymbolBlock block, int threads) {
        this.name = name;
        this.block = block;
        this.threads = threads;
    }

    /**
     * Loads a program; its tensors go to the manager's device. libtorch compiles a method when it is first called.
     *
     * @param name for messages
     * @param owner owns the module's native memory
     * @param threads within an operation
     */
    static TorchScriptModule load(String name, TorchScriptArchive archive, NDManager owner, int threads) {
        Path file = null;
        try {
            file = Files.createTempFile("plumbline", ".pt");
            archive.write(file);
            boolean trainable = true; // else libtorch loads inference tensors, see the class comment
            PtSymbolBlock block =
                    JniUtils.loadModule((PtNDManager) owner, file, true, new String[0], new String[0], trainable);
            return new TorchScriptModule(name, block, threads);
        } catch (IOException cause) {
            throw PlumblineException.of(StandardError.UNWRITABLE_OUTPUT)
                    .asked("the program of '" + name + "' could not be written to " + file)
                    .remedy("give Java a temporary folder with room for the model: -Djava.io.tmpdir=...")
                    .cause(cause)
                    .build();
        } catch (EngineException cause) {
            throw LibtorchFailure.of("loading of '" + name + "'", cause);
        } finally {
            delete(file);
        }
    }

    /**
     * Calls a method.
     *
     * @param marker any tensor: it lends its manager to the results, and its name carries the method's (DJL's convention)
     * @param method the method's name
     * @param differentiates true if the method computes gradients
     * @param arguments tensors, without names
     * @return the results, owned by the marker's manager
     */
    NDList call(NDArray marker, String method, boolean differentiates, List<NDArray> arguments) {
        NDList list = new NDList(arguments.size() + 1);
        marker.setName("module_method:" + method);
        list.add(marker);
        list.addAll(arguments);
        boolean recording = JniUtils.isGradMode();
        if (JniUtils.getNumThreads() != threads) {
            JniUtils.setNumThreads(threads);
        }
        JniUtils.setGradMode(differentiates);
        JniUtils.setGraphExecutorOptimize(false);
        try {
            return IValueUtils.forward(block, list, true);
        } catch (EngineException cause) {
            throw LibtorchFailure.of(method + " of '" + name + "'", cause);
        } finally {
            JniUtils.setGraphExecutorOptimize(true);
            JniUtils.setGradMode(recording);
        }
    }

    @Override
    public void close() {
        block.close();
    }

    private static void delete(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException keep) {
            file.toFile().deleteOnExit();
        }
    }
}
