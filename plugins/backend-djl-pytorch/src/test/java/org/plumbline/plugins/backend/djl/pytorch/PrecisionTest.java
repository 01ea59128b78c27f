package org.plumbline.plugins.backend.djl.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Numbers written in a low precision are those that libtorch itself would round to. */
class PrecisionTest {
    private static final float[] SPECIAL = {
        0f,
        -0f,
        1f,
        -1.00390625f,
        1.01171875f,
        65504f,
        65519.996f,
        65520f,
        -1e10f,
        3.4e38f,
        6e-8f,
        2.9e-8f,
        3e-8f,
        5.9604645e-8f,
        8.940697e-8f,
        6.1e-5f,
        -6.097555e-5f,
        1e-40f,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY
    };

    @ParameterizedTest
    @EnumSource(Precision.class)
    void numbers_are_rounded_as_libtorch_rounds_them(Precision precision) {
        float[] numbers = new float[4000];
        System.arraycopy(SPECIAL, 0, numbers, 0, SPECIAL.length);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = SPECIAL.length; i < numbers.length; i++) {
            numbers[i] = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(-28, 18)));
        }
        String text = """
                class M(Module):
                  __parameters__ = []
                  __buffers__ = []
                  training : bool
                  w : Tensor
                  def stored(self: __torch__.M, x: Tensor) -> Tensor:
                    return torch.to(self.w, 6)
                  def rounded(self: __torch__.M, x: Tensor) -> Tensor:
                    return torch.to(torch.to(x, %d), 6)
                """.formatted(precision.number());
        TorchScriptArchive archive = new TorchScriptArchive(
                text, List.of(new TorchScriptArchive.Attribute("w", () -> numbers, precision, numbers.length)));
        try (NDManager manager = PyTorchEngine.start().newBaseManager(Device.cpu());
                TorchScriptModule module = TorchScriptModule.load("test", archive, manager, 1)) {
            NDArray x = manager.create(numbers, new Shape(numbers.length));
            NDArray marker = manager.create(0f);
            float[] stored =
                    module.call(marker, "stored", false, List.of(x)).get(0).toFloatArray();
            float[] rounded =
                    module.call(marker, "rounded", false, List.of(x)).get(0).toFloatArray();
            for (int i = 0; i < numbers.length; i++) {
                assertEquals(rounded[i], stored[i], precision + " of " + numbers[i]);
            }
        }
        int bytes = ByteBuffer.wrap(precision.encode(new float[3]))
                .order(ByteOrder.LITTLE_ENDIAN)
                .remaining();
        assertEquals(precision == Precision.FLOAT32 ? 12 : 6, bytes);
    }
}
