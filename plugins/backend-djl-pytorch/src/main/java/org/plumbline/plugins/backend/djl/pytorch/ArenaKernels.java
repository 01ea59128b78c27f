package org.plumbline.plugins.backend.djl.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;

/**
 * The arithmetic between network calls as one small program: DJL's arrays have no multiply-and-add, and every temporary
 * would be a pass over memory.
 */
final class ArenaKernels implements AutoCloseable {
    /** How many terms one call of combine takes; more are taken in several calls. */
    static final int TERMS = 8;

    private final TorchScriptModule module;

    ArenaKernels(NDManager owner, int threads) {
        module = TorchScriptModule.load("arena", new TorchScriptArchive(text(), List.of()), owner, threads);
    }

    /** Coefficients travel as float64 tensors of the host, so that reading them needs no copy from the device. */
    private static String text() {
        StringBuilder text = new StringBuilder();
        text.append("class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
        for (int terms = 1; terms <= TERMS; terms++) {
            text.append("  def combine" + terms + "(self: __torch__.M, c: Tensor");
            for (int i = 0; i < terms; i++) {
                text.append(", x" + i + ": Tensor");
            }
            text.append(") -> Tensor:\n    y = torch.mul(x0, float(torch.select(c, 0, 0)))\n");
            for (int i = 1; i < terms; i++) {
                text.append("    y = torch.add_(y, x" + i + ", alpha=float(torch.select(c, 0, " + i + ")))\n");
            }
            text.append("    return y\n");
        }
        text.append("""
                  def accumulate(self: __torch__.M, c: Tensor, y: Tensor, x: Tensor) -> Tensor:
                    return torch.add_(y, x, alpha=float(torch.select(c, 0, 0)))
                  def copy(self: __torch__.M, y: Tensor, x: Tensor) -> Tensor:
                    return torch.copy_(y, x)
                  def add(self: __torch__.M, y: Tensor, x: Tensor) -> Tensor:
                    return torch.add_(y, x)
                  def dot(self: __torch__.M, a: Tensor, b: Tensor) -> Tensor:
                    n = torch.size(a, 0)
                    p = torch.mul(torch.to(torch.reshape(a, [n, -1]), 7), torch.to(torch.reshape(b, [n, -1]), 7))
                    return torch.sum(p, [1])
                """);
        return text.toString();
    }

    /** Calls a kernel with one result. */
    NDArray call(NDArray marker, String kernel, NDArray... arguments) {
        NDList results = module.call(marker, kernel, false, new ArrayList<>(List.of(arguments)));
        return results.get(0);
    }

    @Override
    public void close() {
        module.close();
    }
}
