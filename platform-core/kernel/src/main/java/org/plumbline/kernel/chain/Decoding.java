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
 * A model's decoder on a session: from latents to images, and from gradients of images to those of latents. A batch is
 * decoded in pieces of as many rows as the decoder says, so that only the intermediate results of one piece are held. The
 * rows of a batch do not meet in a network, so that the pieces change nothing.
 */
final class Decoding {
    private static final Set<String> LATENT = Set.of(ImageDecoder.LATENT);

    private final Network network;
    private final long[] imageShape;
    private final int rowsPerCall;

    Decoding(BackendSession session, ImageDecoder decoder) {
        this.network = session.compile(decoder.graph(), decoder.weights(), ParameterLayout.empty());
        this.imageShape = decoder.imageShape();
        this.rowsPerCall = Math.max(1, decoder.rowsPerCall());
    }

    /** Images of latents, in this arena. */
    Tensor images(TensorArena into, Tensor latents) {
        return inPieces(into, latents.rows(), (arena, from, to) -> {
            Tensor piece = piece(arena, latents, from, to);
            Tensor images = network.forward(arena, null, Map.of(ImageDecoder.LATENT, piece));
            return Returned.output(network, images, shape(to - from));
        });
    }

    /** Gradients of latents, in this arena, from those of their images. */
    Tensor pull(TensorArena into, Tensor latents, Tensor ofImages) {
        return inPieces(into, latents.rows(), (arena, from, to) -> {
            Map<String, Tensor> input = Map.of(ImageDecoder.LATENT, piece(arena, latents, from, to));
            Tensor cotangent = piece(arena, ofImages, from, to);
            VectorJacobian pulled = Returned.products(
                    network, network.vjp(arena, null, input, cotangent, LATENT), null, input, LATENT, shape(to - from));
            return Objects.requireNonNull(pulled.inputGradients().get(ImageDecoder.LATENT));
        });
    }

    private interface Piece {
        Tensor compute(TensorArena arena, int from, int to);
    }

    private Tensor inPieces(TensorArena into, int rows, Piece piece) {
        try (TensorArena parts = into.nested()) {
            List<Tensor> done = new ArrayList<>();
            for (int from = 0; from < rows; from += rowsPerCall) {
                int to = (int) Math.min(rows, (long) from + rowsPerCall);
                try (TensorArena scratch = parts.nested()) {
                    done.add(parts.adopt(piece.compute(scratch, from, to)));
                }
                if (to == rows) {
                    break; // the next start may be beyond the largest int
                }
            }
            return into.adopt(done.size() == 1 ? done.get(0) : parts.concatRows(done));
        }
    }

    private static Tensor piece(TensorArena arena, Tensor batch, int from, int to) {
        return from == 0 && to == batch.rows() ? batch : arena.rows(batch, from, to);
    }

    private long[] shape(int rows) {
        long[] shape = new long[imageShape.length + 1];
        shape[0] = rows;
        System.arraycopy(imageShape, 0, shape, 1, imageShape.length);
        return shape;
    }
}
