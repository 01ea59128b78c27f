package org.plumbline.plugins.model.diffusers;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.plugins.model.diffusers.network.Autoencoder;
import org.plumbline.plugins.model.diffusers.network.AutoencoderConfig;
import org.plumbline.plugins.model.diffusers.network.Scope;
import org.plumbline.plugins.model.diffusers.network.Tiles;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.ImageDecoder;

/**
 * Turns latents into pictures by the decoder of an autoencoder: always in float32, and one picture at a time, since at 512
 * pixels its intermediate results are a hundred times as large as the picture. A latent more than twice as high or wide as
 * those of the autoencoder's training is decoded in {@link Tiles} of that size, which differ a little from the whole.
 */
final class LatentDecoder implements ImageDecoder {
    /** How many times the size of training is decoded whole: above, one matrix of attention takes over a gigabyte. */
    private static final int BEYOND = 2;

    /** Height and width of the smallest tile. */
    private static final int SMALLEST = 32;

    private final Autoencoder autoencoder;
    private final WeightSource weights;
    private final long[] latentShape;

    /**
     * Builds the network.
     *
     * @param weights of the autoencoder
     * @param latentShape channels, height, width
     */
    LatentDecoder(AutoencoderConfig config, WeightSource weights, long... latentShape) {
        this.autoencoder = new Autoencoder(Scope.root(), config);
        this.weights = weights;
        this.latentShape = latentShape.clone();
    }

    @Override
    public long[] imageShape() {
        AutoencoderConfig config = autoencoder.config();
        int size = config.pixelSize();
        return new long[] {config.out(), size * latentShape[1], size * latentShape[2]};
    }

    /** Tiles as high and wide as the latents that the autoencoder was trained on. */
    private Tiles tiles() {
        AutoencoderConfig config = autoencoder.config();
        return new Tiles(autoencoder, Math.max(SMALLEST, config.sampleSize() / config.pixelSize()));
    }

    private boolean tiled() {
        return Math.max(latentShape[1], latentShape[2]) > (long) BEYOND * tiles().side();
    }

    @Override
    public int rowsPerCall() {
        return 1;
    }

    @Override
    public WeightSource weights() {
        return weights;
    }

    @Override
    public GraphDefinition graph() {
        return new GraphDefinition() {
            @Override
            public String name() {
                return "autoencoder";
            }

            @Override
            public List<TensorSpec> inputs() {
                return List.of(
                        new TensorSpec(LATENT, TensorSpec.BATCH, latentShape[0], latentShape[1], latentShape[2]));
            }

            @Override
            public boolean float32() {
                return true;
            }

            @Override
            public <T> T build(Ops<T> ops, Map<String, T> inputs) {
                T latent = autoencoder.unscaled(ops, Objects.requireNonNull(inputs.get(LATENT)));
                T picture = tiled() ? tiles().decode(ops, latent) : autoencoder.decode(ops, latent);
                return ops.shift(ops.scale(picture, 0.5), 0.5);
            }
        };
    }
}
