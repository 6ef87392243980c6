"""Tensors as a case has them, for the kinds that draw arguments of layers and losses."""

import math
import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent.parent))
from torch_side import number


def snake(name):
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def is_given(value):
    return isinstance(value, dict) and "data" in value


def to_tensor(given, dtype):
    kind = torch.int64 if given.get("kind") == "int32" else dtype
    x = torch.tensor(number(given["data"]), dtype=kind).reshape(given["shape"])
    return x.requires_grad_() if given.get("grad") else x


def opened(value, dtype):
    return to_tensor(value, dtype) if is_given(value) else value


def weighted(y):
    weights = [(i % 2 * 2 - 1) * ((i * 7 % 10 + 1) / 8) for i in range(y.numel())]
    return (y * torch.tensor(weights, dtype=y.dtype).reshape(y.shape)).sum()


def both(case, outcome):
    """The outcome in the case's dtype, and how uncertain that is by the difference to the other one."""
    single, double = outcome(case, torch.float32), outcome(case, torch.float64)
    is_double = case["dtype"] == "float64"
    numbers = double if is_double else single
    bounds = {
        f"{name} ±": uncertain(single[name], double[name], is_double)
        for name, value in numbers.items()
        if torch.is_tensor(value)
    }
    return {**numbers, **bounds}


def uncertain(single, double, is_double):
    """How far off PyTorch's own numbers may be, from the difference between the two dtypes; infinite where one overflows."""
    off = (single.double() - double).abs()
    off = off[off.isfinite()]
    spread = 64 * off.max().item() if off.numel() else 0
    size = double[double.isfinite()].abs()
    # Sums of large numbers leave the small ones few digits.
    largest = size.max().item() if size.numel() else 0
    if is_double:
        return spread * 2.0**-26 + largest * 2.0**-44
    return math.inf if (double.isfinite() & ~single.isfinite()).any() else spread + largest * 2.0**-20
