"""Reference numbers for the layers, from PyTorch: writes layers.json beside this file.

    /usr/bin/python3 packages/layers/golden/layers.py

Made with PyTorch 1.13 in float64. Inputs and weights have few decimals, so that the file stays small and exact.
"""

import copy
import json
import math
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(7)

PYTORCH_NAMES = {
    "ceilMode": "ceil_mode",
    "countIncludePad": "count_include_pad",
    "start": "start_dim",
    "end": "end_dim",
    "elementwiseAffine": "elementwise_affine",
    "trackRunningStats": "track_running_stats",
    "paddingIndex": "padding_idx",
}


class RMSNorm(nn.Module):
    """By formula: PyTorch 1.13 has none. Default eps as in later versions."""

    def __init__(self, shape, eps=None):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))
        self.eps = torch.finfo(torch.float64).eps if eps is None else eps

    def forward(self, x):
        axes = list(range(-self.weight.dim(), 0))
        return x / torch.sqrt((x * x).mean(axes, keepdim=True) + self.eps) * self.weight

# Layer, positional arguments, options by our names, shape of the input.
CASES = [
    ("Linear", [4, 3], {}, [2, 4]),
    ("Linear", [4, 3], {"bias": False}, [4]),
    ("Linear", [5, 2], {}, [2, 3, 5]),
    ("Conv2d", [2, 3, 3], {}, [2, 2, 5, 6]),
    ("Conv2d", [2, 3, [3, 2]], {"stride": [2, 1], "padding": [1, 0], "bias": False}, [1, 2, 6, 5]),
    ("Conv2d", [4, 6, 3], {"padding": 1, "groups": 2}, [1, 4, 4, 4]),
    ("Conv2d", [3, 3, 2], {"padding": "same", "groups": 3}, [1, 3, 4, 5]),
    ("Conv2d", [2, 2, 3], {"dilation": 2, "padding": 2, "stride": 2}, [1, 2, 7, 7]),
    ("MaxPool2d", [2], {}, [1, 2, 5, 6]),
    ("MaxPool2d", [[3, 2]], {"stride": [2, 1], "padding": [1, 1]}, [1, 2, 5, 6]),
    ("MaxPool2d", [3], {"stride": 2, "ceilMode": True}, [1, 2, 6, 6]),
    ("AvgPool2d", [2], {}, [1, 2, 5, 6]),
    ("AvgPool2d", [3], {"stride": 2, "padding": 1}, [1, 2, 5, 6]),
    ("AvgPool2d", [3], {"stride": 2, "padding": 1, "countIncludePad": False}, [1, 2, 5, 6]),
    ("AvgPool2d", [3], {"stride": 2, "ceilMode": True}, [1, 2, 6, 6]),
    ("MaxPool2d", [3], {"stride": 2, "padding": 1, "ceilMode": True}, [1, 2, 6, 5]),
    ("MaxPool2d", [2], {"stride": 3, "padding": 1, "ceilMode": True}, [1, 1, 5, 7]),
    ("AvgPool2d", [3], {"stride": 2, "padding": 1, "ceilMode": True}, [1, 2, 6, 5]),
    ("AvgPool2d", [3], {"stride": 2, "padding": 1, "ceilMode": True, "countIncludePad": False}, [1, 2, 6, 5]),
    ("AvgPool2d", [[2, 3]], {"stride": 3, "padding": [1, 0], "ceilMode": True}, [1, 1, 5, 7]),
    ("Flatten", [], {}, [2, 3, 2, 2]),
    ("Flatten", [], {"start": 0, "end": 1}, [2, 3, 2]),
    ("Tanh", [], {}, [3, 4]),
    ("ReLU", [], {}, [3, 4]),
    ("Sigmoid", [], {}, [3, 4]),
    ("LayerNorm", [4], {}, [2, 3, 4]),
    ("LayerNorm", [[3, 4]], {"eps": 0.01}, [2, 3, 4]),
    ("LayerNorm", [5], {"elementwiseAffine": False}, [3, 5]),
    ("RMSNorm", [4], {"eps": 0.01}, [2, 3, 4]),
    ("GroupNorm", [2, 4], {}, [2, 4, 3, 2]),
    ("GroupNorm", [3, 6], {"affine": False, "eps": 0.1}, [2, 6]),
    ("InstanceNorm2d", [2], {}, [2, 2, 3, 3]),
    ("InstanceNorm2d", [2], {"affine": True}, [1, 2, 4, 3]),
    ("InstanceNorm2d", [2], {"trackRunningStats": True}, [3, 2, 2, 3]),
    ("InstanceNorm2d", [3], {"trackRunningStats": True, "affine": True, "momentum": 0.4, "eps": 0.01}, [2, 3, 3, 2]),
    ("BatchNorm1d", [4], {}, [5, 4]),
    ("BatchNorm1d", [2], {"momentum": None, "eps": 0.01}, [3, 2, 4]),
    ("BatchNorm1d", [3], {"affine": False, "momentum": 0.25}, [4, 3]),
    ("BatchNorm2d", [3], {}, [2, 3, 3, 2]),
    ("BatchNorm2d", [2], {"momentum": None}, [2, 2, 2, 3]),
    ("BatchNorm2d", [2], {"momentum": 1, "affine": False}, [2, 2, 2, 3]),
    ("BatchNorm2d", [2], {"momentum": 0}, [2, 2, 2, 3]),
    ("BatchNorm2d", [2], {"trackRunningStats": False}, [2, 2, 2, 3]),
    ("Embedding", [5, 3], {}, [2, 4]),
    ("Embedding", [4, 2], {"paddingIndex": 1}, [7]),
    ("Embedding", [4, 2], {"paddingIndex": -1}, [3, 3]),
]


def short(shape):
    """Random numbers with two decimals."""
    return torch.randint(-150, 151, shape, generator=generator).double() / 100


def distinct(shape):
    """Random numbers no two of which are equal, so that every window has one largest."""
    count = math.prod(shape)
    return ((torch.randperm(count, generator=generator).double() - count / 2 + 0.25) / 16).reshape(shape)


def values(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{value:.14g}") for value in tensor.detach().flatten().tolist()]}


def run(layer, x, dy):
    """The result, and the gradients of the input, where it has one, and of every parameter."""
    layer.zero_grad()
    x.grad = None
    y = layer(x)
    y.backward(dy)
    return {
        "y": values(y),
        **({} if x.grad is None else {"dx": values(x.grad)}),
        "gradients": {key: values(value.grad) for key, value in layer.named_parameters()},
    }


def layer_case(name, args, options, shape):
    make = RMSNorm if name == "RMSNorm" else getattr(nn, name)
    layer = make(*args, **{PYTORCH_NAMES.get(key, key): value for key, value in options.items()})
    with torch.no_grad():
        for tensor in [*layer.parameters(), *layer.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(short(tensor.shape))
            if "Norm" in name and tensor is getattr(layer, "running_var", None):
                tensor.abs_().add_(0.25)
    if name == "Embedding":
        x = torch.randint(0, args[0], shape, generator=generator)
    else:
        x = (distinct if name == "MaxPool2d" else short)(shape).requires_grad_()
    # The shape of the result, from a copy of the layer, so that no statistics move.
    dy = short(copy.deepcopy(layer)(x).shape)
    case = {
        "layer": name,
        "args": [*args, options] if options else args,
        "state": {key: values(value) for key, value in layer.state_dict().items()},
        "x": values(x),
        "dy": values(dy),
        **run(layer, x, dy),
    }
    if list(layer.buffers()):
        # What three batches have changed, and what is then computed with it.
        later = [short(shape), short(shape)]
        for batch in later:
            layer(batch)
        case["later"] = [values(batch) for batch in later]
        case["stateAfter"] = {key: values(value) for key, value in layer.state_dict().items()}
        layer.eval()
        case["inUse"] = run(layer, x, dy)
    return case


def spread(count, seed, scale):
    """Numbers from -scale/2 to scale/2 that a test can make again without storing them."""
    index = torch.arange(count, dtype=torch.int64)
    return ((index * index * 31 + index * 48271 + seed * 7919) % 65537).double() / 65537 * scale - scale / 2


def lenet():
    """LeNet-5 (LeCun et al., 1998): all logits and the loss, and of each gradient the sum and every so many-th element."""
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )
    with torch.no_grad():
        for seed, parameter in enumerate(model.parameters()):
            scale = 4 / math.sqrt(parameter[0].numel()) if parameter.dim() > 1 else 0.5
            parameter.copy_(spread(parameter.numel(), seed, scale).reshape(parameter.shape))
    images = spread(2 * 28 * 28, 99, 2).reshape(2, 1, 28, 28)
    labels = [3, 8]
    logits = model(images)
    loss = nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss.backward()
    gradients = {}
    for name, parameter in model.named_parameters():
        flat = parameter.grad.flatten()
        every = max(1, flat.numel() // 12)
        gradients[name] = {
            "shape": list(parameter.shape),
            "every": every,
            "picked": values(flat[::every])["data"],
            "sum": flat.sum().item(),
            "squares": (flat * flat).sum().item(),
        }
    return {"labels": labels, "logits": values(logits), "loss": loss.item(), "gradients": gradients}


# Each with very many numbers of each kind, of which some have a fan of their own.
STARTS = [
    ("Linear", [16, 20000], {}),
    ("Bilinear", [5, 3, 20000], {}),
    ("Conv1d", [6, 20000, 3], {"groups": 2}),
    ("Conv2d", [6, 20000, [3, 1]], {"groups": 2}),
    ("Conv3d", [2, 20000, [1, 2, 1]], {}),
    ("ConvTranspose1d", [4, 20000, 2], {"groups": 4}),
    ("ConvTranspose1d", [20000, 6, 3], {"groups": 2, "bias": False}),
    ("ConvTranspose2d", [4, 20000, [2, 1]], {"groups": 4}),
    ("ConvTranspose2d", [20000, 6, [1, 2]], {"groups": 2, "bias": False}),
    ("Embedding", [400, 100], {}),
    ("EmbeddingBag", [400, 100], {}),
    *[(name, [*args, 3], options) for name, args, options in (
        ("PReLU", [], {}), ("BatchNorm1d", [], {}), ("BatchNorm2d", [], {}), ("GroupNorm", [1], {}), ("LayerNorm", [], {}),
        ("InstanceNorm2d", [], {"affine": True, "trackRunningStats": True}))],
]


def starts():
    """How PyTorch's layers start: mean, deviation and shape of what is drawn. A uniform one has kurtosis 9/5, a normal one 3."""
    torch.manual_seed(0)

    def moments(tensor):
        flat = tensor.double().flatten()
        mean, std = flat.mean(), flat.std(unbiased=False)
        return {
            "mean": mean.item(),
            "std": std.item(),
            "kurtosis": (((flat - mean) / std) ** 4).mean().item() if std > 0 else 0,
            "largest": flat.abs().max().item(),
        }

    return [
        {
            "layer": name,
            "args": args,
            "options": options,
            "state": {
                key: moments(value)
                for key, value in getattr(nn, name)(
                    *args, **{PYTORCH_NAMES.get(key, key): value for key, value in options.items()}
                ).state_dict().items()
            },
        }
        for name, args, options in STARTS
    ]


def initialisers():
    """How far the initialisers go: the largest of very many weights is next to the bound."""
    bound = lambda tensor: tensor.abs().max().item()
    std = lambda tensor: tensor.std().item()
    weight = torch.empty(800, 40, 5)
    init = nn.init
    return {
        "kaimingUniform": bound(init.kaiming_uniform_(weight)),
        "kaimingUniform slope fanOut": bound(init.kaiming_uniform_(weight, a=0.5, mode="fan_out")),
        "kaimingNormal": std(init.kaiming_normal_(weight)),
        "xavierUniform": bound(init.xavier_uniform_(weight, gain=5 / 3)),
        "xavierNormal": std(init.xavier_normal_(weight)),
    }


def main():
    cases = [layer_case(*case) for case in CASES]
    compact = {"separators": (",", ":")}
    lines = ",\n".join(json.dumps(case, **compact) for case in cases)
    text = f'{{"layers":[\n{lines}\n],\n"lenet":{json.dumps(lenet(), **compact)},\n"starts":{json.dumps(starts(), **compact)},\n"initialisers":{json.dumps(initialisers(), **compact)}}}\n'
    Path(__file__).with_suffix(".json").write_text(text)


if __name__ == "__main__":
    main()
