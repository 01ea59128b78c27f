"""One update of reward fine-tuning written in PyTorch: a yardstick for the benchmark in BENCHMARKS.md.

    python update_pytorch.py MODEL_FOLDER CASE METHOD UPDATES RESULT

Started by `it-tests/benchmark --peer PYTHON`; needs torch 2.x and nothing else. MODEL_FOLDER is a text-to-image model in
diffusers' layout whose latents are pixels, with a classifier beside it. CASE is the file that the benchmark writes: noise,
encoded prompts, the sampler's table, adapters, and the gradients that are expected here too.
"""

import json
import math
import platform
import statistics
import struct
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

GUIDANCE = 2.0


# ---- files


def read_safetensors(path):
    """All tensors of a file, in float32."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    types = {"F32": torch.float32, "F64": torch.float64}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            flat = torch.frombuffer(bytearray(data[8 + length + start : 8 + length + end]), dtype=types[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"]).float()
    return tensors


# ---- the denoiser: UNet2DConditionModel, module names as in its weight file


class TimestepEmbedding(nn.Module):
    def __init__(self, width, out):
        super().__init__()
        self.register_buffer(
            "frequencies", torch.exp(-math.log(10000.0) * torch.arange(width // 2) / (width // 2)), persistent=False
        )
        self.linear_1 = nn.Linear(width, out)
        self.linear_2 = nn.Linear(out, out)

    def forward(self, label):
        angles = label[:, None] * self.frequencies
        waves = torch.cat([angles.cos(), angles.sin()], dim=1)
        return self.linear_2(F.silu(self.linear_1(waves)))


class ResnetBlock(nn.Module):
    def __init__(self, inner, out, time_width, groups, eps):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inner, eps)
        self.conv1 = nn.Conv2d(inner, out, 3, padding=1)
        self.time_emb_proj = nn.Linear(time_width, out)
        self.norm2 = nn.GroupNorm(groups, out, eps)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1)
        if inner != out:
            self.conv_shortcut = nn.Conv2d(inner, out, 1)

    def forward(self, x, embedding):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time_emb_proj(F.silu(embedding))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x) + h


class LoraLinear(nn.Module):
    """A frozen linear layer and its adapter, whose matrices are set before every call."""

    def __init__(self, inner, out, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out, inner))
        self.bias = nn.Parameter(torch.empty(out)) if bias else None
        self.lora = None

    def forward(self, x):
        y = F.linear(x, self.weight, self.bias)
        if self.lora is None:
            return y
        down, up = self.lora
        return y + F.linear(F.linear(x, down), up)


class Attention(nn.Module):
    def __init__(self, width, source, heads):
        super().__init__()
        self.heads = heads
        self.to_q = LoraLinear(width, width, False)
        self.to_k = LoraLinear(source, width, False)
        self.to_v = LoraLinear(source, width, False)
        self.to_out = nn.ModuleList([LoraLinear(width, width, True)])

    def forward(self, x, source):
        rows, length, width = x.shape

        def split(y):
            return y.view(rows, -1, self.heads, width // self.heads).transpose(1, 2)

        mixed = F.scaled_dot_product_attention(
            split(self.to_q(x)), split(self.to_k(source)), split(self.to_v(source))
        )
        return self.to_out[0](mixed.transpose(1, 2).reshape(rows, length, width))


class Gated(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = nn.Linear(width, 8 * width)

    def forward(self, x):
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.ModuleList([Gated(width), nn.Identity(), nn.Linear(4 * width, width)])

    def forward(self, x):
        return self.net[2](self.net[0](x))


class TransformerBlock(nn.Module):
    def __init__(self, width, source, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn1 = Attention(width, width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.attn2 = Attention(width, source, heads)
        self.norm3 = nn.LayerNorm(width)
        self.ff = FeedForward(width)

    def forward(self, x, condition):
        normed = self.norm1(x)
        x = x + self.attn1(normed, normed)
        x = x + self.attn2(self.norm2(x), condition)
        return x + self.ff(self.norm3(x))


class Transformer(nn.Module):
    def __init__(self, width, source, heads, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, 1e-6)
        self.proj_in = nn.Conv2d(width, width, 1)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(width, source, heads)])
        self.proj_out = nn.Conv2d(width, width, 1)

    def forward(self, x, condition):
        rows, width, height, breadth = x.shape
        h = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        h = self.transformer_blocks[0](h, condition)
        return x + self.proj_out(h.transpose(1, 2).reshape(rows, width, height, breadth))


class Resampler(nn.Module):
    def __init__(self, width, stride):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=stride, padding=1)

    def forward(self, x):
        if self.conv.stride == (1, 1):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.conv(x)


class Stage(nn.Module):
    """Residual blocks of the given input widths, each followed by attention if the stage has it, then a resampler."""

    def __init__(self, config, inners, out, attention, resampler):
        super().__init__()
        groups, time_width = config["norm_num_groups"], 4 * config["block_out_channels"][0]
        self.resnets = nn.ModuleList(
            [ResnetBlock(inner, out, time_width, groups, config["norm_eps"]) for inner in inners]
        )
        if attention:
            self.attentions = nn.ModuleList(
                [
                    Transformer(out, config["cross_attention_dim"], config["attention_head_dim"], groups)
                    for _ in range(attention)
                ]
            )
        if resampler == "down":
            self.downsamplers = nn.ModuleList([Resampler(out, 2)])
        if resampler == "up":
            self.upsamplers = nn.ModuleList([Resampler(out, 1)])


class UNet(nn.Module):
    def __init__(self, config):
        super().__init__()
        widths, layers, groups = config["block_out_channels"], config["layers_per_block"], config["norm_num_groups"]
        first, last = widths[0], widths[-1]
        self.conv_in = nn.Conv2d(config["in_channels"], first, 3, padding=1)
        self.time_embedding = TimestepEmbedding(first, 4 * first)
        self.down_blocks = nn.ModuleList()
        width, skips = first, [first]
        for i, kind in enumerate(config["down_block_types"]):
            inners = [width] + [widths[i]] * (layers - 1)
            resampler = None if i == len(widths) - 1 else "down"
            self.down_blocks.append(Stage(config, inners, widths[i], layers * kind.startswith("Cross"), resampler))
            width = widths[i]
            skips += [width] * (layers + (resampler is not None))
        self.mid_block = Stage(config, [last, last], last, 1, None)
        self.up_blocks = nn.ModuleList()
        for i, kind in enumerate(config["up_block_types"]):
            out = widths[-1 - i]
            inners = []
            for _ in range(layers + 1):
                inners.append(width + skips.pop())
                width = out
            resampler = None if i == len(widths) - 1 else "up"
            self.up_blocks.append(Stage(config, inners, out, (layers + 1) * kind.startswith("Cross"), resampler))
        self.conv_norm_out = nn.GroupNorm(groups, first, config["norm_eps"])
        self.conv_out = nn.Conv2d(first, config["out_channels"], 3, padding=1)

    def forward(self, x, label, condition):
        time = self.time_embedding(label)
        x = self.conv_in(x)
        skips = [x]
        for stage in self.down_blocks:
            for i, resnet in enumerate(stage.resnets):
                x = resnet(x, time)
                if hasattr(stage, "attentions"):
                    x = stage.attentions[i](x, condition)
                skips.append(x)
            if hasattr(stage, "downsamplers"):
                x = stage.downsamplers[0](x)
                skips.append(x)
        x = self.mid_block.resnets[0](x, time)
        x = self.mid_block.attentions[0](x, condition)
        x = self.mid_block.resnets[1](x, time)
        for stage in self.up_blocks:
            for i, resnet in enumerate(stage.resnets):
                x = resnet(torch.cat([x, skips.pop()], dim=1), time)
                if hasattr(stage, "attentions"):
                    x = stage.attentions[i](x, condition)
            if hasattr(stage, "upsamplers"):
                x = stage.upsamplers[0](x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Classifier(nn.Module):
    """Log-probabilities of the ten digits for images in [-1, 1]."""

    def __init__(self, weights):
        super().__init__()
        self.weights = weights

    def forward(self, x):
        w = self.weights
        for name, stride in (("conv1", 1), ("conv2", 2), ("conv3", 1), ("conv4", 2)):
            x = F.relu(F.conv2d(x, w[name + ".weight"], w[name + ".bias"], stride=stride, padding=1))
        x = F.relu(F.linear(x.flatten(1), w["fc1.weight"], w["fc1.bias"]))
        return F.log_softmax(F.linear(x, w["fc2.weight"], w["fc2.bias"]), dim=-1)


# ---- the chain


class Chain:
    """The sampling chain of the case, with the trained adapters as one flat vector."""

    def __init__(self, folder, case):
        folder = Path(folder)
        self.case = case
        self.unet = UNet(json.loads((folder / "unet/config.json").read_text()))
        missing, unexpected = self.unet.load_state_dict(
            read_safetensors(folder / "unet/diffusion_pytorch_model.safetensors"), strict=True
        )
        assert not missing and not unexpected
        self.unet.requires_grad_(False)
        self.classifier = Classifier(read_safetensors(folder / "classifier/model.safetensors"))
        self.table = case["table"].tolist()
        names = sorted(name[len("theta.") :] for name in case if name.startswith("theta."))
        modules = dict(self.unet.named_modules())
        # In the order of the denoiser's own modules, A before B: the order in which the gradients of the case lie.
        layers = [name for name in modules if name + ".lora_A.weight" in names]
        self.adapted = [modules[name] for name in layers]
        parts = [case[f"theta.{name}.lora_{matrix}.weight"] for name in layers for matrix in "AB"]
        self.shapes = [part.shape for part in parts]
        self.start = torch.cat([part.flatten() for part in parts])
        self.set_rows(len(case["initial"]))

    def set_rows(self, rows):
        self.rows = rows
        self.condition = torch.cat([self.case["unconditional"][:rows], self.case["condition"][:rows]])
        self.wanted = self.case["wanted"][:rows]

    def use(self, theta):
        """Gives the adapters their matrices, views of theta."""
        parts = theta.split([shape.numel() for shape in self.shapes])
        parts = [part.view(shape) for part, shape in zip(parts, self.shapes)]
        for i, layer in enumerate(self.adapted):
            layer.lora = (parts[2 * i], parts[2 * i + 1])

    def predict(self, k, x):
        label = torch.full((2 * self.rows,), self.table[k][0])
        without, given = self.unet(torch.cat([x, x]), label, self.condition).chunk(2)
        return without + GUIDANCE * (given - without)

    def step(self, k, x, z):
        _, a, b, s = self.table[k]
        return a * x + b * self.predict(k, x) + s * z

    def rewards(self, x):
        return (self.classifier(x) * self.wanted).sum(dim=1)

    @torch.no_grad()
    def roll_out(self, theta, initial, noise):
        """The states before every call and the last one."""
        self.use(theta)
        states = [initial]
        for k in range(len(self.table)):
            states.append(self.step(k, states[-1], noise[k]))
        return states

    def reward_gradient(self, x):
        x = x.detach().requires_grad_()
        rewards = self.rewards(x)
        (gradient,) = torch.autograd.grad(rewards.mean(), x)
        return rewards.detach(), gradient

    # ---- the gradients of the mean reward with respect to theta, as (gradient, forward, backward evaluations)

    def full_stored(self, theta, initial, noise):
        theta = theta.detach().requires_grad_()
        self.use(theta)
        x = initial
        for k in range(len(self.table)):
            x = self.step(k, x, noise[k])
        (gradient,) = torch.autograd.grad(self.rewards(x).mean(), theta)
        return gradient, len(self.table), len(self.table)

    def swept(self, theta, states, noise, adjoint, calls):
        """Replays the last calls, one graph at a time."""
        theta = theta.detach().requires_grad_()
        self.use(theta)
        total = torch.zeros_like(theta)
        for k in reversed(range(len(self.table) - calls, len(self.table))):
            x = states[k].detach().requires_grad_()
            gradient, adjoint = torch.autograd.grad(self.step(k, x, noise[k]), (theta, x), adjoint)
            total += gradient
        return total, len(self.table) + calls, calls

    def full_replay(self, theta, initial, noise):
        states = self.roll_out(theta, initial, noise)
        return self.swept(theta, states, noise, self.reward_gradient(states[-1])[1], len(self.table))

    def truncated(self, theta, initial, noise):
        states = self.roll_out(theta, initial, noise)
        return self.swept(theta, states, noise, self.reward_gradient(states[-1])[1], 1)

    def policy_gradient(self, theta, initial, noise):
        """The score of every step times the reward less the mean reward of the other samples."""
        states = self.roll_out(theta, initial, noise)
        with torch.no_grad():
            rewards = self.rewards(states[-1])
            advantages = (rewards - rewards.mean()) * self.rows / (self.rows - 1)
        theta = theta.detach().requires_grad_()
        self.use(theta)
        total = torch.zeros_like(theta)
        for k, (_, _, b, s) in enumerate(self.table):
            # log p(x' | x) = -|x' - mean|^2 / (2 s^2), whose derivative in the mean is z / s.
            score = (b / s) * (advantages / self.rows)[:, None, None, None] * noise[k]
            (gradient,) = torch.autograd.grad(self.predict(k, states[k]), theta, score)
            total += gradient
        return total, 2 * len(self.table), len(self.table)


# ---- measuring


def memory(key):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    return 0


def reset_peak():
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def main(folder, case_file, method, updates, result):
    torch.set_num_threads(1)
    case = read_safetensors(case_file)
    chain = Chain(folder, case)
    gradient_of = getattr(chain, method.replace("-", "_"))
    theta = chain.start.clone()

    chain.set_rows(2)
    gradient_of(theta, case["initial"][:2], case["noise"][:, :2])
    chain.set_rows(len(case["initial"]))

    baseline = memory("VmRSS:")
    reset_peak()
    gradient, forward, backward = gradient_of(theta, case["initial"], case["noise"])
    peak = memory("VmHWM:") - baseline
    expected = case.get("gradient." + method.replace("stored", "replay"))
    difference = None if expected is None else float((gradient - expected).norm() / expected.norm())

    parameters = theta.clone().requires_grad_()
    adam = torch.optim.AdamW([parameters], lr=1e-3, weight_decay=0.0, maximize=True)
    random = torch.Generator().manual_seed(1)
    wall, cpu = [], []
    for _ in range(int(updates)):
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        initial = torch.randn(case["initial"].shape, generator=random)
        noise = torch.randn(case["noise"].shape, generator=random)
        parameters.grad = gradient_of(parameters.detach(), initial, noise)[0]
        adam.step()
        wall.append(time.perf_counter() - wall_before)
        cpu.append(time.process_time() - cpu_before)
    rows = 2 * chain.rows
    Path(result).write_text(
        json.dumps(
            {
                "engine": f"PyTorch {torch.__version__}, Python {platform.python_version()}, "
                f"{torch.get_num_threads()} thread",
                "wall": wall,
                "cpu": cpu,
                "nfeForward": forward,
                "nfeBackward": backward,
                "rowsForward": rows * forward,
                "rowsBackward": rows * backward,
                "memory": peak,
                "difference": difference,
            }
        )
    )
    print(f"{method}: CPU {min(cpu):.3f} s least, {statistics.median(cpu):.3f} s median; difference {difference}")


if __name__ == "__main__":
    main(*sys.argv[1:])
