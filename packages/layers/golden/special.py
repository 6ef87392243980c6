"""What layers make of bounds, ties, infinities and what is not a number, from PyTorch: writes special.json beside this file.

    /usr/bin/python3 packages/layers/golden/special.py

Made with PyTorch 1.13 in float64. Numbers that JSON has not are strings. A gradient at what is not a number is null: there PyTorch
has 0 in one layer, the upstream gradient in another, and the result tells it anyway. Where PyTorch 1.13 has a fault of its own the
layer is written here by its formula, and says so.
"""

import json
import math
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.dont_write_bytecode = True
from spatial import LpPool

torch.set_default_dtype(torch.float64)
NAN, INF = math.nan, math.inf


class Softshrink(nn.Module):
    """PyTorch 1.13 makes 0 of what is not a number; later versions do not."""

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, x):
        return torch.where(x.abs() <= self.lambd, torch.zeros_like(x), x - self.lambd * x.sign())


class Hardsigmoid(nn.Module):
    """PyTorch has 1/6 in single precision, in the gradient."""

    def forward(self, x):
        return torch.where(x.abs() >= 3, (x > 0).double(), x / 6 + 0.5)


class Hardswish(nn.Module):
    """PyTorch multiplies -infinity by 0; the function is 0 below -3. (At 3 its derivative is 1 or 3/2, as elements fall into vectors.)"""

    def forward(self, x):
        return torch.where(x == -INF, torch.zeros_like(x), F.hardswish(torch.where(x == -INF, -4.0, x)))


class GlobalMaxPool(nn.Module):
    def forward(self, x):
        return F.adaptive_max_pool2d(x, 1)[:, :, 0, 0]


MAKE = {
    "Softshrink": Softshrink, "Hardsigmoid": Hardsigmoid, "Hardswish": Hardswish, "GlobalMaxPool": GlobalMaxPool,
    "LpPool1d": LpPool, "LpPool2d": LpPool,
}
NAMES = {"slope": "negative_slope", "lambda": "lambd", "ceilMode": "ceil_mode", "min": "min_val", "max": "max_val"}
SPECIAL = [NAN, INF, -INF, 0, 1e30, -1e30]

# Layer, positional arguments, options by our names, input. Each also gets an infinite upstream gradient.
CASES = [
    ("ReLU", [], {}, SPECIAL),
    ("LeakyReLU", [], {}, SPECIAL),
    ("ReLU6", [], {}, [*SPECIAL, 6, 3]),
    ("Hardtanh", [], {}, [*SPECIAL, -1, 1]),
    ("Hardtanh", [], {"min": 0, "max": 2}, [*SPECIAL, 2]),
    ("Hardsigmoid", [], {}, [*SPECIAL, -3, 3]),
    ("Hardswish", [], {}, [*SPECIAL, -3, -2, 1]),
    ("Threshold", [0.5, -7], {}, [*SPECIAL, 0.5]),
    ("Hardshrink", [], {}, [*SPECIAL, -0.5, 0.5]),
    ("Hardshrink", [], {"lambda": 0}, SPECIAL),
    ("Softshrink", [], {}, [*SPECIAL, -0.5, 0.5]),
    ("Softshrink", [], {"lambda": 0}, SPECIAL),
    ("ELU", [], {}, SPECIAL),
    ("CELU", [], {"alpha": 2}, SPECIAL),
    ("SELU", [], {}, SPECIAL),
    ("Sigmoid", [], {}, SPECIAL),
    ("Tanh", [], {}, SPECIAL),
    ("Softplus", [], {}, SPECIAL),
    ("LogSigmoid", [], {}, SPECIAL),
    ("AdaptiveAvgPool1d", [2], {}, [[[INF, 1, 2, 3, 4]]]),
    ("AdaptiveAvgPool1d", [3], {}, [[[1, 2, 3, NAN, 4]], [[0, -INF, 1, 2, 3]]]),
    ("AdaptiveAvgPool2d", [2], {}, [[[[1, 2, 3], [4, 5, 6], [7, 8, NAN]]]]),
    ("AdaptiveAvgPool2d", [[3, 1]], {}, [[[[1, 2], [NAN, 4], [5, 6], [7, 8]]]]),
    ("AdaptiveMaxPool1d", [1], {}, [[[2, 2, 2]]]),
    ("AdaptiveMaxPool1d", [3], {}, [[[1, 1, 1, 1, 1]]]),
    ("AdaptiveMaxPool1d", [2], {}, [[[-INF, -INF, 1, NAN]]]),
    ("AdaptiveMaxPool2d", [2], {}, [[[[5, 5, 5], [5, 5, 5], [5, 5, 5]]]]),
    ("AdaptiveMaxPool2d", [[3, 2]], {}, [[[[1, 2, 2], [2, 1, 2], [0, 2, 2], [2, 2, 1]]]]),
    ("GlobalMaxPool", [], {}, [[[[1, 3], [3, 3]]]]),
    ("MaxPool1d", [2], {}, [[[2, 2, NAN, 1]]]),
    ("MaxPool2d", [2], {}, [[[[3, 3], [3, 3]]]]),
    ("AvgPool2d", [[1, 2]], {"stride": 1}, [[[[1, INF, 2, 3]]]]),
    ("LpPool1d", [2, 2], {"ceilMode": True}, [[[3, 4, 5]]]),
    ("LpPool1d", [0.5, 2], {}, [[[0, 2, 0, 0, 1, 4]]]),
    ("LpPool1d", [3, 2], {"stride": 1}, [[[0, 0, -2, 1]]]),
    ("LpPool2d", [2, 2], {"ceilMode": True}, [[[[0, 0, 3], [0, 0, 4], [1, 2, 5]]]]),
    ("LpPool2d", [1, 2], {}, [[[[NAN, 1, 0, 2], [0, 1, 3, 0]]]]),
]


def values(tensor, known=None):
    flat = tensor.detach().flatten().tolist()
    shown = [("NaN" if value != value else str(value).replace("inf", "Infinity")) if not math.isfinite(value) else float(f"{value:.14g}") for value in flat]
    if known is not None:
        shown = [value if ok else None for value, ok in zip(shown, known.flatten().tolist())]
    return {"shape": list(tensor.shape), "data": shown}


def case(name, args, options, data):
    layer = (MAKE.get(name) or getattr(nn, name))(*args, **{NAMES.get(key, key): value for key, value in options.items()})
    result = {"layer": name, "args": args, "options": options}
    for upstream in (1.0, INF):
        x = torch.tensor(data, dtype=torch.float64, requires_grad=True)
        y = layer(x)
        y.backward(torch.full_like(y, upstream))
        known = ~x.isnan()
        # The derivative of a norm at 0 is taken as 0, which infinity is not multiplied by.
        if name.startswith("LpPool") and upstream == INF:
            known &= x != 0
        result |= {"x": values(x), "y": values(y), "dx" if upstream == 1 else "dxInfinite": values(x.grad, known)}
    return result


lines = ",\n".join(json.dumps(case(*each), separators=(",", ":")) for each in CASES)
Path(__file__).with_suffix(".json").write_text(f"[\n{lines}\n]\n")
