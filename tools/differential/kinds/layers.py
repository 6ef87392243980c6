"""Layers with random options and shapes: values, gradients of inputs and parameters, and what buffers are afterwards."""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.append(str(Path(__file__).parent))
from tensors import both, opened, snake, weighted

NAMES = {
    "slope": "negative_slope",
    "low": "lower",
    "high": "upper",
    "min": "min_val",
    "max": "max_val",
    "lambda": "lambd",
    "axis": "dim",
    "start": "start_dim",
    "end": "end_dim",
    "paddingIndex": "padding_idx",
}


class ChannelShuffle(nn.Module):
    """By formula: PyTorch 1.13 has no derivative of its own."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        n, c, *places = x.shape
        return x.reshape(n, self.groups, c // self.groups, *places).transpose(1, 2).reshape(x.shape)


OWN = {"ChannelShuffle": ChannelShuffle}


def plain(value):
    return tuple(plain(each) for each in value) if isinstance(value, list) else value


def make(case):
    options = {NAMES.get(name) or snake(name): plain(value) for name, value in case.get("options", {}).items()}
    return (OWN.get(case["layer"]) or getattr(nn, case["layer"]))(*plain(case["args"]), **options)


def fill(name, place, tensor):
    values = torch.tensor([((i * 7 + place * 5) % 13 - 6) / 8 for i in range(tensor.numel())])
    if name.endswith("running_var"):
        values = values.abs() + 0.25
    with torch.no_grad():
        tensor.copy_(values.reshape(tensor.shape))


def outcome(case, dtype):
    torch.set_default_dtype(dtype)
    layer = make(case).train(case["isTraining"])
    state = [(name, value) for name, value in layer.state_dict().items() if value.is_floating_point()]
    for place, (name, value) in enumerate(sorted(state, key=lambda each: each[0])):
        fill(name, place, value)
    inputs = [torch.tensor(each) if isinstance(each, list) else opened(each, dtype) for each in case["inputs"]]
    y = layer(*inputs)
    leaves = [(f"input{i}", x) for i, x in enumerate(inputs) if torch.is_tensor(x) and x.requires_grad]
    leaves += layer.named_parameters()
    numbers = {"y": y.detach().flatten(), "shape": list(y.shape)}
    found = torch.autograd.grad(weighted(y), [leaf for _, leaf in leaves], allow_unused=True) if leaves else []
    for (name, leaf), gradient in zip(leaves, found):
        numbers[f"gradient of {name}"] = (torch.zeros_like(leaf) if gradient is None else gradient).detach().flatten()
    for name, value in layer.named_buffers():
        numbers[name] = value.flatten()
    return numbers


def layers(case):
    return both(case, outcome)
