package org.plumbline.plugins.model.diffusers;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.plumbline.spi.graph.GraphDefinition;
import org.plumbline.spi.graph.Ops;
import org.plumbline.spi.graph.TensorSpec;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.ImageDecoder;

/** For models whose latents are pixels in [-1, 1], of images or of videos: image = x / 2 + 1/2. */
record PixelDecoder(long... imageShape) implements ImageDecoder {
    PixelDecoder {
        imageShape = imageShape.clone();
    }

    @Override
    public long[] imageShape() {
        return imageShape.clone();
    }

    @Override
    public WeightSource weights() {
        return WeightSource.none();
    }

    @Override
    public GraphDefinition graph() {
        return new GraphDefinition() {
            @Override
            public String name() {
                return "pixels";
            }

            @Override
            public List<TensorSpec> inputs() {
                long[] shape = new long[imageShape.length + 1];
                shape[0] = TensorSpec.BATCH;
                System.arraycopy(imageShape, 0, shape, 1, imageShape.length);
                return List.of(new TensorSpec(LATENT, shape));
            }

            @Override
            public <T> T build(Ops<T> ops, Map<String, T> inputs) {
                T latent = Objects.requireNonNull(inputs.get(LATENT));
                return ops.shift(ops.scale(latent, 0.5), 0.5);
            }
        };
    }
}
