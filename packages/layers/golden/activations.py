"""Reference numbers for the activations and the statistics of initialisers, from PyTorch: writes activations.json beside this file.

    /usr/bin/python3 packages/layers/golden/activations.py

Made with PyTorch 1.13 in float64. Inputs have few decimals, the last a 5, so that none is at a kink.
"""

import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(5)

PYTORCH_NAMES = {
    "slope": "negative_slope",
    "low": "lower",
    "high": "upper",
    "min": "min_val",
    "max": "max_val",
    "lambda": "lambd",
    "axis": "dim",
    "numParameters": "num_parameters",
}


class CELU(nn.Module):
    """By formula: PyTorch has 1/alpha in single precision, even in float64."""

    def __init__(self, alpha=1.0):
        super().__init__()
        self.alpha = alpha

    def forward(self, x):
        return nn.functional.elu(x / self.alpha) * self.alpha


class Hardsigmoid(nn.Module):
    """By formula: PyTorch has 1/6 in single precision, in the gradient."""

    def forward(self, x):
        return (x / 6 + 0.5).clamp(0, 1)


# Activation, positional arguments, options by our names, shape of the input.
CASES = [
    ("Tanh", [], {}, [3, 5]),
    ("ReLU", [], {}, [3, 5]),
    ("Sigmoid", [], {}, [3, 5]),
    ("ELU", [], {}, [3, 5]),
    ("ELU", [], {"alpha": 0.3}, [3, 5]),
    ("CELU", [], {}, [3, 5]),
    ("CELU", [], {"alpha": 0.3}, [3, 5]),
    ("SELU", [], {}, [3, 5]),
    ("GELU", [], {}, [3, 5]),
    ("GELU", [], {"approximate": "tanh"}, [3, 5]),
    ("SiLU", [], {}, [3, 5]),
    ("Mish", [], {}, [3, 5]),
    ("Softplus", [], {}, [3, 5]),
    ("Softplus", [], {"beta": 2.5}, [3, 5]),
    ("LogSigmoid", [], {}, [3, 5]),
    ("Softsign", [], {}, [3, 5]),
    ("Tanhshrink", [], {}, [3, 5]),
    ("LeakyReLU", [], {}, [3, 5]),
    ("LeakyReLU", [], {"slope": 0.2}, [3, 5]),
    ("RReLU", [], {}, [3, 5]),
    ("RReLU", [], {"low": 0.1, "high": 0.9}, [3, 5]),
    ("ReLU6", [], {}, [3, 5]),
    ("Hardtanh", [], {}, [3, 5]),
    ("Hardtanh", [], {"min": -2, "max": 0.5}, [3, 5]),
    ("Hardsigmoid", [], {}, [3, 5]),
    ("Hardswish", [], {}, [3, 5]),
    ("Threshold", [0.1, -7], {}, [3, 5]),
    ("Hardshrink", [], {}, [3, 5]),
    ("Hardshrink", [], {"lambda": 2}, [3, 5]),
    ("Softshrink", [], {}, [3, 5]),
    ("Softshrink", [], {"lambda": 2}, [3, 5]),
    ("Softmax", [], {"axis": -1}, [3, 5]),
    ("Softmax", [], {"axis": 1}, [2, 3, 2]),
    ("Softmin", [], {"axis": 0}, [3, 5]),
    ("LogSoftmax", [], {"axis": -1}, [3, 5]),
    ("LogSoftmax", [], {"axis": 1}, [2, 3, 2]),
    ("Softmax2d", [], {}, [2, 3, 2, 2]),
    ("GLU", [], {}, [3, 6]),
    ("GLU", [], {"axis": 1}, [2, 4, 3]),
    ("PReLU", [], {}, [3, 5]),
    ("PReLU", [], {"numParameters": 4, "init": 0.1}, [2, 4, 3]),
]


def real(shape, size=800):
    return (torch.randint(-size, size, shape, generator=generator).double() + 0.5) / 100


def values(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{value:.14g}") for value in tensor.detach().flatten().tolist()]}


def case(name, args, options, shape):
    make = {"CELU": CELU, "Hardsigmoid": Hardsigmoid}.get(name) or getattr(nn, name)
    layer = make(*args, **{PYTORCH_NAMES.get(key, key): value for key, value in options.items()}).eval()
    x = real(shape).requires_grad_()
    y = layer(x)
    dy = real(y.shape, 150)
    y.backward(dy)
    return {
        "layer": name,
        "args": [*args, options],
        "x": values(x),
        "dy": values(dy),
        "y": values(y),
        "dx": values(x.grad),
        "gradients": {key: values(value.grad) for key, value in layer.named_parameters()},
    }


def statistics(weight):
    flat = weight.flatten()
    return {"mean": flat.mean().item(), "std": flat.std().item(), "least": flat.min().item(), "largest": flat.max().item()}


def initialisers():
    """What PyTorch's initialisers draw, over very many numbers."""
    torch.manual_seed(0)
    init = nn.init
    weight = lambda: torch.empty(800, 40, 5)
    sparse = init.sparse_(torch.empty(400, 300), 0.35, std=0.5)
    dirac = [([3, 2, 3], 1), ([4, 2, 2, 3], 2), ([2, 3, 1, 4, 3], 1)]
    return {
        "statistics": {
            "kaimingUniform": statistics(init.kaiming_uniform_(weight(), nonlinearity="relu")),
            "kaimingNormal": statistics(init.kaiming_normal_(weight(), mode="fan_out")),
            "xavierUniform": statistics(init.xavier_uniform_(weight(), gain=5 / 3)),
            "xavierNormal": statistics(init.xavier_normal_(weight())),
            "truncatedNormal": statistics(init.trunc_normal_(weight())),
            "truncatedNormal off centre": statistics(init.trunc_normal_(weight(), mean=0.5, std=2, a=0, b=1)),
            "orthogonal": statistics(init.orthogonal_(torch.empty(300, 100, 4), gain=2)),
            "sparse": statistics(sparse),
        },
        "zerosInEachColumn": (sparse == 0).sum(0).unique().tolist(),
        "gains": {
            name: init.calculate_gain(pytorch)
            for name, pytorch in {
                "linear": "linear", "sigmoid": "sigmoid", "tanh": "tanh", "relu": "relu", "leakyRelu": "leaky_relu", "selu": "selu",
            }.items()
        },
        "fans": [
            [list(shape), *init._calculate_fan_in_and_fan_out(torch.empty(shape))]
            for shape in ((30, 20), (6, 3, 5), (6, 3, 5, 4), (4, 1, 2, 3, 2))
        ],
        "dirac": [
            {"shape": shape, "groups": groups, "data": init.dirac_(torch.empty(shape), groups).flatten().tolist()}
            for shape, groups in dirac
        ],
    }


compact = {"separators": (",", ":")}
lines = ",\n".join(json.dumps(case(*each), **compact) for each in CASES)
text = f'{{"activations":[\n{lines}\n],\n"initialisers":{json.dumps(initialisers(), **compact)}}}\n'
Path(__file__).with_suffix(".json").write_text(text)
