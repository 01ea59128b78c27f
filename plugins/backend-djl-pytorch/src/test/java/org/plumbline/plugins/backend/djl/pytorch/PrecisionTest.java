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
        0,
        -0f,
        1,
        -0x1.01p0f,
        0x1.03p0f,
        65504,
        0x1.ffdffep15f,
        65520,
        -1e10f,
        3.4e38f,
        0x1p-24f,
        0x1p-25f,
        0x1.000002p-25f,
        0x1.8p-24f,
        6.1e-5f,
        -0x1.ff8p-15f,
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
