package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * One call of a network's method, its rows divided among the session's workers. All parts use the same program and the same
 * weights; they read their rows where they lie. Results are joined, the gradient of theta is summed in the order of the
 * parts, so numbers depend on how many workers there are but not on which is faster.
 */
final class RowCall {
    private final DjlSession session;
    private final TorchScriptModule module;
    private final String method;
    private final boolean endsWithSum;
    private final List<Argument> arguments = new ArrayList<>();

    private record Argument(NDArray array, boolean hasRows) {
        NDArray part(NDManager owner, int from, int to) {
            if (!hasRows) {
                return array;
            }
            NDArray view = JniUtils.slice((PtNDArray) array, 0, from, to, 1);
            view.attach(owner);
            return view;
        }
    }

    /**
     * @param method of the module
     * @param endsWithSum true if the last result is a sum over rows
     */
    RowCall(DjlSession session, TorchScriptModule module, String method, boolean endsWithSum) {
        this.session = session;
        this.module = module;
        this.method = method;
        this.endsWithSum = endsWithSum;
    }

    /** Appends an argument, which has a row per row of the batch or none. */
    RowCall add(NDArray array, boolean hasRows) {
        arguments.add(new Argument(array, hasRows));
        return this;
    }

    /** Computes; the arena owns the results. */
    NDList run(DjlArena arena, int rows) {
        boolean differentiates = method.equals(TorchScriptProgram.VJP);
        NDArray whole = arena.marker();
        int parts = session.workers().parts(rows);
        if (parts == 1) {
            List<NDArray> all = arguments.stream().map(Argument::array).toList();
            return module.call(whole, method, differentiates, all);
        }
        return LibtorchFailure.during(method, () -> divided(arena, rows, parts, differentiates));
    }

    private NDList divided(DjlArena arena, int rows, int parts, boolean differentiates) {
        try (NDManager scratch = arena.manager().newSubManager()) {
            List<Callable<NDList>> calls = new ArrayList<>();
            for (int part = 0; part < parts; part++) {
                int from = (int) ((long) rows * part / parts);
                int to = (int) ((long) rows * (part + 1) / parts);
                NDManager own = scratch.newSubManager();
                NDArray marker = DjlArena.marker(own);
                List<NDArray> views = arguments.stream()
                        .map(argument -> argument.part(own, from, to))
                        .toList();
                calls.add(() -> module.call(marker, method, differentiates, views));
            }
            return join(arena, session.workers().run(calls));
        }
    }

    private NDList join(DjlArena arena, List<NDList> parts) {
        NDList joined = new NDList();
        int count = parts.get(0).size();
        for (int i = 0; i < count; i++) {
            int result = i;
            List<NDArray> arrays = parts.stream().map(part -> part.get(result)).toList();
            joined.add(endsWithSum && i == count - 1 ? sum(arena, arrays) : NDArrays.concat(new NDList(arrays), 0));
        }
        joined.attach(arena.manager());
        return joined;
    }

    private NDArray sum(DjlArena arena, List<NDArray> arrays) {
        NDArray sum = arrays.get(0);
        for (NDArray next : arrays.subList(1, arrays.size())) {
            session.kernels().call(arena.marker(), "add", sum, next).close();
        }
        return sum;
    }
}
