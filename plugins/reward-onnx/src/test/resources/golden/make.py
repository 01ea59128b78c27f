"""Makes the .onnx files of this folder and the numbers that belong to them. For the record: no build and no test runs it.

    python make.py    # torch, onnx, onnxscript, transformers, safetensors, pillow

Every network has random weights in float32. Its export is what torch.onnx.export writes; the numbers are computed by
torch in float64 from the same weights: for random inputs the output, and the gradient of sum(output * cotangent) with
respect to the first input where that is an image or a vector.
"""

import copy
import pathlib
import sys

import numpy
import onnx
import torch
from PIL import Image
from PIL.Image import Resampling
from safetensors.torch import save_file
from torch import nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

HERE = pathlib.Path(__file__).parent


class First(nn.Module):
    """One output of a model of transformers."""

    def __init__(self, model, field):
        super().__init__()
        self.model, self.field = model, field

    def forward(self, x):
        return getattr(self.model(x), self.field)


def jolt(model):
    """Weights away from their special initial values, such as gains of 1 and biases of 0."""
    with torch.no_grad():
        for p in model.parameters():
            p += 0.1 * torch.randn_like(p)
        for name, b in model.named_buffers():
            if name.endswith("running_mean"):
                b += 0.2 * torch.randn_like(b)
            if name.endswith("running_var"):
                b *= 0.5 + torch.rand_like(b)
    return model.eval()


def vision(**more):
    config = CLIPVisionConfig(
        hidden_size=16, intermediate_size=24, projection_dim=8, num_hidden_layers=2, num_attention_heads=2,
        image_size=16, patch_size=8, **more)
    return jolt(First(CLIPVisionModelWithProjection(config), "image_embeds"))


def text(eos):
    config = CLIPTextConfig(
        vocab_size=64, hidden_size=16, intermediate_size=24, projection_dim=8, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=12, bos_token_id=62, eos_token_id=eos, pad_token_id=63)
    return jolt(First(CLIPTextModelWithProjection(config), "text_embeds"))


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    """A block with torch's own attention, sequence first, as the first CLIP had it."""

    def __init__(self, width, heads):
        super().__init__()
        self.attn, self.ln_1, self.ln_2 = nn.MultiheadAttention(width, heads), nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), QuickGelu(), nn.Linear(2 * width, width))

    def forward(self, x, mask=None):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
        return x + self.mlp(self.ln_2(x))


class FirstVision(nn.Module):
    """The image tower of the first CLIP, its embedding normalised and judged by a head."""

    def __init__(self, width=16):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 4, 4, bias=False)
        self.cls, self.pos = nn.Parameter(torch.randn(width)), nn.Parameter(torch.randn(17, width))
        self.pre, self.post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.block = Block(width, 4)
        self.proj = nn.Parameter(torch.randn(width, 8))
        self.head = nn.Sequential(nn.Linear(8, 12), nn.Dropout(0.2), nn.ReLU(), nn.Linear(12, 1))

    def forward(self, x):
        x = self.conv(x)
        x = x.reshape(x.shape[0], x.shape[1], -1).permute(0, 2, 1)
        x = torch.cat([self.cls + torch.zeros(x.shape[0], 1, x.shape[-1]).to(x), x], dim=1) + self.pos
        x = self.block(self.pre(x).permute(1, 0, 2)).permute(1, 0, 2)
        x = self.post(x[:, 0, :]) @ self.proj
        return self.head(x / x.norm(dim=-1, keepdim=True))


class FirstText(nn.Module):
    """The text tower of the first CLIP."""

    def __init__(self, width=16):
        super().__init__()
        self.emb = nn.Embedding(64, width)
        self.pos = nn.Parameter(torch.randn(12, width))
        self.block, self.ln = Block(width, 2), nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.randn(width, 8))
        self.register_buffer("mask", torch.full((12, 12), float("-inf")).triu_(1))

    def forward(self, tokens):
        x = self.block((self.emb(tokens) + self.pos).permute(1, 0, 2), self.mask.to(self.pos.dtype)).permute(1, 0, 2)
        x = self.ln(x)
        return x[torch.arange(x.shape[0]), tokens.argmax(dim=-1)] @ self.proj


def aesthetic():
    return jolt(nn.Sequential(
        nn.Linear(8, 32), nn.Dropout(0.2), nn.Linear(32, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1)))


class Normalised(nn.Module):
    def forward(self, x):
        return nn.functional.normalize(x, dim=-1)


class Residual(nn.Module):
    def __init__(self, into, out, stride, **how):
        super().__init__()
        self.conv1 = nn.Conv2d(into, out, 3, stride, 1, bias=False)
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm2d(out), nn.BatchNorm2d(out), nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, bias=False, **how)
        self.down = nn.Conv2d(into, out, 1, stride, bias=False)
        self.relu = nn.ReLU()

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + self.bn3(self.down(x)))


def resnet():
    """Every kind of convolution and pooling that CNNs use."""
    return jolt(nn.Sequential(
        nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        Residual(8, 12, 1, padding=2, dilation=2), Residual(12, 16, 2, padding=1, groups=4),
        nn.ZeroPad2d((1, 0, 2, 1)), nn.Conv2d(16, 16, (1, 3), (2, 1), groups=16), nn.SiLU(),
        nn.AvgPool2d(3, 1, 1, count_include_pad=False), nn.LeakyReLU(0.2), nn.Conv2d(16, 16, (3, 1), padding=(1, 0)),
        nn.Hardswish(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10), nn.LogSoftmax(-1)))


class ViT(nn.Module):
    """GELU by erf and by tanh, a learned query, a split of q, k and v, batch first."""

    def __init__(self, width=12):
        super().__init__()
        self.conv, self.qkv = nn.Conv2d(1, width, 4, 4), nn.Linear(width, 3 * width)
        self.ln, self.out, self.proj = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, 3)
        self.query = nn.Parameter(torch.randn(1, 1, width))

    def forward(self, x):
        x = self.conv(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.query.expand(x.shape[0], -1, -1), x], 1)
        b, n, c = x.shape
        q, k, v = self.qkv(self.ln(x)).reshape(b, n, 3, 3, c // 3).permute(2, 0, 3, 1, 4).unbind(0)
        y = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c)
        x = x + nn.functional.gelu(self.out(y))
        x = nn.functional.gelu(x, approximate="tanh").mean(1)
        return self.proj(x / x.std(-1, keepdim=True)).clamp(-3, 3).abs().pow(1.5)


class Steps(nn.Module):
    """A network with operators that have no gradient."""

    def forward(self, x):
        return torch.round(4 * x).cumsum(-1).mean((1, 2, 3))


class Open(nn.Module):
    """A network that leaves height and width open and takes channels last."""

    def __init__(self):
        super().__init__()
        self.conv, self.out = nn.Conv2d(3, 4, 3, 2, 1), nn.Linear(4, 3)

    def forward(self, x):
        return self.out(torch.relu(self.conv(x.permute(0, 3, 1, 2) / 255)).mean((2, 3)))


class Repeated(nn.Module):
    """Queries and tokens repeated by tiling, a pool of the largest, softmax along another axis."""

    def __init__(self):
        super().__init__()
        self.query, self.rows = nn.Parameter(torch.randn(1, 2, 6)), nn.Parameter(torch.randn(3, 6))

    def forward(self, x):
        query = self.query.repeat(x.shape[0], 1, 1)
        y = torch.cat([query, x.repeat(1, 2, 1)], 1).softmax(1) * self.rows.repeat(4, 1)
        return torch.logsumexp(y, -1) + y.amax(-1) - y.amin(-1)


def resized():
    """What Pillow makes of an image."""
    image = torch.rand(7, 10)
    numbers = {"image": image.double()}
    for name, how in (("nearest", Resampling.NEAREST), ("bilinear", Resampling.BILINEAR), ("bicubic", Resampling.BICUBIC)):
        for height, width in ((5, 4), (16, 13), (7, 3)):
            small = Image.fromarray(image.numpy()).resize((width, height), how)
            numbers[f"{name}.{height}x{width}"] = torch.from_numpy(numpy.array(small)).double()
    save_file(numbers, HERE / "pillow.safetensors")


def make(name, model, example, opset, dynamo):
    file = HERE / f"{name}.onnx"
    how = dict(input_names=["x"], output_names=["y"], opset_version=opset, dynamo=dynamo)
    if dynamo:
        how |= dict(dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=64)},), external_data=False, verbose=False)
    else:
        how |= dict(dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})
    torch.onnx.export(model, (example,), str(file), **how)
    strip(file)

    exact = copy.deepcopy(model).double()
    x = example.double().requires_grad_() if example.is_floating_point() else example
    y = exact(x)
    numbers = {"x": x.detach().double(), "y": y.detach(), "cotangent": torch.randn_like(y.detach())}
    if example.is_floating_point():
        numbers["gradient"] = torch.autograd.grad(y, x, numbers["cotangent"])[0]
    save_file({k: v.contiguous() for k, v in numbers.items()}, HERE / f"{name}.safetensors")
    print(name, file.stat().st_size, tuple(y.shape), file=sys.stderr)


def strip(file):
    """Leaves out what only a reader of the Python source could use."""
    model = onnx.load(file)
    del model.graph.value_info[:]
    for part in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(model, file)


def tokens(pad):
    rows = torch.randint(0, 60, (3, 12))
    rows[:, 0] = 62
    for row, end in enumerate((5, 11, 1)):
        rows[row, end] = 63
        rows[row, end + 1:] = pad
    return rows


def main():
    torch.manual_seed(3)
    image = torch.rand(3, 3, 16, 16)
    towers = vision(), jolt(FirstVision()), text(63), jolt(FirstText()), text(2)
    wide = torch.rand(2, 3, 26, 20)
    cnn, vit = resnet(), jolt(ViT())
    grey = torch.rand(3, 1, 8, 12)
    head = aesthetic()
    for opset, dynamo, tail in ((14, False, "14"), (21, True, "21")):
        make(f"vision-{tail}", towers[0], image, opset, dynamo)
        make(f"first-vision-{tail}", towers[1], image, opset, dynamo)
        make(f"text-{tail}", towers[2], tokens(63), opset, dynamo)
        make(f"first-text-{tail}", towers[3], tokens(0), opset, dynamo)
        make(f"resnet-{tail}", cnn, wide, opset, dynamo)
        make(f"vit-{tail}", vit, grey, opset, dynamo)
        make(f"aesthetic-{tail}", nn.Sequential(Normalised(), head).eval(), torch.randn(3, 8), opset, dynamo)

    resized()
    axes = {0: "batch"}
    how = dict(input_names=["x"], output_names=["y"], opset_version=17, dynamo=False)
    torch.onnx.export(Steps(), (image,), str(HERE / "steps.onnx"), dynamic_axes={"x": axes, "y": axes}, **how)
    axes = {0: "batch", 1: "height", 2: "width"}
    last = torch.rand(1, 8, 8, 3)
    torch.manual_seed(4)
    for opset, dynamo in ((14, False), (21, True)):
        make(f"repeated-{opset}", jolt(Repeated()), torch.randn(3, 5, 6), opset, dynamo)
    torch.onnx.export(jolt(Open()), (last,), str(HERE / "open.onnx"), dynamic_axes={"x": axes, "y": {0: "batch"}}, **how)


main()
