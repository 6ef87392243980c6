"""Losses with random options: values and gradients."""

import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent))
from tensors import both, opened, snake, weighted


def outcome(case, dtype):
    options = {snake(name): opened(value, dtype) for name, value in case["options"].items()}
    args = [opened(value, dtype) for value in case["args"]]
    leaves = [each for each in args if torch.is_tensor(each) and each.requires_grad]
    inputs = [args[0].log_softmax(-1), *args[1:]] if case["loss"] == "CTCLoss" else args
    y = getattr(torch.nn, case["loss"])(**options)(*inputs)
    found = torch.autograd.grad(weighted(y), leaves, allow_unused=True)
    numbers = {"y": y.detach().flatten(), "shape": list(y.shape)}
    for i, (leaf, gradient) in enumerate(zip(leaves, found)):
        numbers[f"gradient{i}"] = (torch.zeros_like(leaf) if gradient is None else gradient).detach().flatten()
    return numbers


def losses(case):
    return both(case, outcome)
