package org.plumbline.kernel.chain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Network;
import org.plumbline.spi.backend.Tensor;
import org.plumbline.spi.backend.TensorArena;
import org.plumbline.spi.backend.VectorJacobian;
import org.plumbline.spi.graph.ParameterLayout;
import org.plumbline.spi.model.ImageDecoder;

/**
 * From latents to images and back. A decoder that asks for it sees a batch in pieces, forwards and backwards, so that the
 * memory of one piece is all it takes. It lives as long as its session.
 */
final class Decoding {
    private static final Set<String> LATENT = Set.of(ImageDecoder.LATENT);

    private final Network network;
    private final long[] imageShape;
    private final int rowsPerCall;

    Decoding(BackendSession session, ImageDecoder decoder) {
        this.network = session.compile(decoder.graph(), decoder.weights(), ParameterLayout.empty());
        this.imageShape = decoder.imageShape();
        this.rowsPerCall = decoder.rowsPerCall();
    }

    /** Images, or videos, in an arena. */
    Tensor images(TensorArena into, Tensor latents) {
        return inPieces(into, latents.rows(), (scratch, from, to) -> {
            Map<String, Tensor> inputs = Map.of(ImageDecoder.LATENT, rows(scratch, latents, from, to));
            return Returned.output(network, network.forward(scratch, null, inputs), imagesOf(to - from));
        });
    }

    /** The gradient with respect to the latents of what has {@code cotangent} as its gradient with respect to the images. */
    Tensor pullBack(TensorArena into, Tensor latents, Tensor cotangent) {
        return inPieces(into, latents.rows(), (scratch, from, to) -> {
            Map<String, Tensor> inputs = Map.of(ImageDecoder.LATENT, rows(scratch, latents, from, to));
            VectorJacobian pulled = Returned.products(
                    network,
                    network.vjp(scratch, null, inputs, rows(scratch, cotangent, from, to), LATENT),
                    null,
                    inputs,
                    LATENT,
                    imagesOf(to - from));
            return Objects.requireNonNull(pulled.inputGradients().get(ImageDecoder.LATENT));
        });
    }

    /** Computes the rows [from, to). */
    private interface Piece {
        Tensor compute(TensorArena scratch, int from, int to);
    }

    private Tensor inPieces(TensorArena into, int rows, Piece piece) {
        try (TensorArena together = into.nested()) {
            List<Tensor> parts = new ArrayList<>();
            for (int from = 0; from < rows; from += Math.min(rowsPerCall, rows)) {
                try (TensorArena scratch = together.nested()) {
                    parts.add(together.adopt(piece.compute(scratch, from, from + Math.min(rowsPerCall, rows - from))));
                }
            }
            return into.adopt(parts.size() == 1 ? parts.get(0) : together.concatRows(parts));
        }
    }

    private static Tensor rows(TensorArena scratch, Tensor all, int from, int to) {
        return to - from == all.rows() ? all : scratch.rows(all, from, to);
    }

    private long[] imagesOf(int rows) {
        return Workbench.rows(rows, imageShape);
    }
}
