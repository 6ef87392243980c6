"""Reference numbers for convolutions, pools, bags, filters and wrappers, from PyTorch: writes spatial.json beside this file.

    /usr/bin/python3 packages/layers/golden/spatial.py

Each layer runs in training and evaluation. What PyTorch 1.13 has not is written here in its functions, by the formula.
"""

import json
import re
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.dont_write_bytecode = True
from layers import distinct, generator, short, values
from spatial_layers import BagByFrequency, By, DepthwiseSeparableConv2d, FixedFilter2d, FlippedConv1d, FlippedConv2d, FlippedConv3d, LpPool, Parallel, Residual, Subsampling2d, ToSize, by_pad, min_pool


MAKE = {
    "DepthwiseSeparableConv2d": DepthwiseSeparableConv2d,
    "Subsampling2d": Subsampling2d,
    "FixedFilter2d": FixedFilter2d,
    "MinPool1d": min_pool(1),
    "MinPool2d": min_pool(2),
    "LpPool1d": lambda *args, **options: LpPool(1, *args, **options),
    "LpPool2d": lambda *args, **options: LpPool(2, *args, **options),
    "GlobalAvgPool": lambda: By(lambda x: x.flatten(2).mean(2)),
    "GlobalMaxPool": lambda: By(lambda x: x.flatten(2).amax(2)),
    "DropPath": lambda p: nn.Identity(),
    "GaussianNoise": lambda p: nn.Identity(),
    **{f"ZeroPad{axes}d": lambda sides, axes=axes: by_pad("constant")(sides, axes) for axes in (1, 3)},
    **{f"CircularPad{axes}d": lambda sides, axes=axes: by_pad("circular")(sides, axes) for axes in (1, 2, 3)},
    # channel_shuffle of PyTorch has no derivative on a CPU.
    "ChannelShuffle": lambda groups: By(lambda x: x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)),
    "Unflatten": lambda axis, sizes: nn.Unflatten(axis, tuple(sizes)),
    "ConvTranspose2d to a size": lambda: ToSize(2, 3, 3, stride=[3, 2], padding=1, to=[9, 6]),
    "EmbeddingBag weighted": lambda: nn.EmbeddingBag(6, 3, mode="sum"),
    "Residual": lambda: Residual(nn.Conv2d(2, 2, 3, padding=1)),
    "Residual with a shortcut": lambda: Residual(nn.Conv2d(2, 3, 3, stride=2, padding=1), nn.Conv2d(2, 3, 1, stride=2)),
    "Parallel": lambda: Parallel(nn.Conv2d(2, 1, 1), nn.Conv2d(2, 3, 3, padding=1), nn.MaxPool2d(3, 1, 1)),
    "weightNorm Linear": lambda: nn.utils.weight_norm(nn.Linear(4, 3)),
    "weightNorm Conv2d": lambda: nn.utils.weight_norm(nn.Conv2d(2, 3, 2)),
    "weightNorm whole": lambda: nn.utils.weight_norm(nn.Linear(4, 3), dim=None),
    "spectralNorm Linear": lambda: nn.utils.spectral_norm(nn.Linear(4, 3)),
    "spectralNorm Conv2d": lambda: nn.utils.spectral_norm(nn.Conv2d(2, 3, 2), n_power_iterations=2),
    "spectralNorm ConvTranspose2d": lambda: nn.utils.spectral_norm(nn.ConvTranspose2d(2, 3, 2)),
}

CASES = [
    ("Conv1d", [2, 3, 3], {}, [2, 2, 7]),
    ("Conv1d", [4, 6, 3], {"stride": 2, "padding": 1, "groups": 2, "bias": False}, [2, 4, 8]),
    ("Conv1d", [2, 2, 4], {"padding": "same", "dilation": 2}, [1, 2, 9]),
    ("Conv1d", [2, 3, 3], {"padding": 2, "paddingMode": "circular"}, [1, 2, 6]),
    ("Conv1d", [2, 3, 3], {"padding": 2, "paddingMode": "reflect", "flip": True}, [1, 2, 6]),
    ("Conv2d", [2, 3, 3], {"padding": [2, 1], "paddingMode": "reflect"}, [1, 2, 5, 4]),
    ("Conv2d", [2, 3, 3], {"padding": 2, "paddingMode": "replicate", "stride": 2}, [1, 2, 5, 4]),
    ("Conv2d", [2, 3, [2, 3]], {"padding": "same", "paddingMode": "circular", "dilation": 2}, [1, 2, 5, 6]),
    ("Conv2d", [4, 2, 3], {"flip": True, "groups": 2}, [1, 4, 5, 4]),
    ("Conv3d", [2, 3, 2], {}, [1, 2, 3, 4, 3]),
    ("Conv3d", [2, 4, [3, 2, 3]], {"stride": [2, 1, 2], "padding": [1, 0, 2], "groups": 2}, [2, 2, 5, 3, 4]),
    ("Conv3d", [1, 2, [2, 3, 2]], {"padding": "same", "bias": False}, [1, 1, 4, 3, 3]),
    ("Conv3d", [1, 2, 2], {"dilation": [2, 1, 2], "padding": 1, "paddingMode": "replicate"}, [1, 1, 4, 3, 3]),
    ("Conv3d", [1, 2, 2], {"padding": 1, "paddingMode": "circular", "flip": True}, [1, 1, 3, 3, 2]),
    ("ConvTranspose1d", [2, 3, 3], {}, [2, 2, 4]),
    ("ConvTranspose1d", [4, 2, 3], {"stride": 2, "padding": 1, "outputPadding": 1, "groups": 2, "bias": False}, [1, 4, 4]),
    ("ConvTranspose2d", [2, 3, 2], {"stride": 2}, [1, 2, 3, 4]),
    ("ConvTranspose2d", [2, 3, 3], {"stride": [3, 2], "padding": 1, "outputPadding": [2, 1]}, [2, 2, 3, 3]),
    ("ConvTranspose2d", [4, 4, 2], {"dilation": 2, "groups": 4, "bias": False}, [1, 4, 3, 3]),
    ("DepthwiseSeparableConv2d", [3, 4, 3], {"padding": 1, "stride": 2}, [1, 3, 5, 5]),
    ("DepthwiseSeparableConv2d", [2, 3, 2], {"multiplier": 2}, [1, 2, 4, 3]),
    ("MaxPool1d", [3], {}, [2, 2, 8]),
    ("MaxPool1d", [3], {"stride": 2, "padding": 1, "ceilMode": True}, [1, 2, 8]),
    ("MinPool1d", [2], {"stride": 1}, [2, 2, 5]),
    ("MinPool2d", [[2, 3]], {"stride": 2, "padding": 1}, [1, 2, 5, 6]),
    ("AvgPool1d", [3], {"stride": 2, "padding": 1, "countIncludePad": False}, [1, 2, 7]),
    ("AvgPool1d", [3], {"stride": 2, "ceilMode": True}, [1, 2, 8]),
    ("AvgPool1d", [3], {"stride": 2, "padding": 1, "ceilMode": True}, [1, 2, 6]),
    ("AvgPool1d", [2], {"stride": 3, "padding": 1, "ceilMode": True, "countIncludePad": False}, [1, 2, 5]),
    ("LpPool1d", [2, 3], {"stride": 2}, [1, 2, 7]),
    ("LpPool1d", [4, 2], {"stride": 3, "ceilMode": True}, [1, 2, 7]),
    ("LpPool2d", [2, 2], {}, [1, 2, 5, 4]),
    ("LpPool2d", [4, [3, 2]], {"stride": 2, "ceilMode": True}, [1, 2, 6, 5]),
    ("AdaptiveAvgPool1d", [3], {}, [2, 2, 7]),
    ("AdaptiveAvgPool2d", [[3, 2]], {}, [1, 2, 7, 6]),
    ("AdaptiveAvgPool2d", [[5, None]], {}, [1, 2, 3, 4]),
    ("AdaptiveMaxPool1d", [3], {}, [2, 2, 7]),
    ("AdaptiveMaxPool2d", [[3, 2]], {}, [1, 2, 7, 6]),
    ("AdaptiveMaxPool2d", [[None, 3]], {}, [1, 2, 3, 4]),
    ("GlobalAvgPool", [], {}, [2, 3, 4, 3]),
    ("GlobalMaxPool", [], {}, [2, 3, 4, 3]),
    ("Subsampling2d", [2, 2], {}, [1, 2, 4, 6]),
    ("Subsampling2d", [3, 3], {"stride": 2}, [2, 3, 5, 5]),
    ("LocalResponseNorm", [3], {"alpha": 0.5}, [1, 5, 3, 2]),
    ("LocalResponseNorm", [4], {"alpha": 0.1, "beta": 0.5, "k": 2}, [2, 3, 4]),
    *[(name, [0.4], {}, shape) for name, shape in (
        ("Dropout", [3, 4]), ("Dropout1d", [2, 3, 4]), ("Dropout2d", [2, 3, 2, 2]), ("AlphaDropout", [3, 4]), ("DropPath", [3, 4]), ("GaussianNoise", [3, 4]))],
    *[("FixedFilter2d", [name], {}, [1, 1, 4, 5]) for name in (
        "sobelX", "sobelY", "prewittX", "prewittY", "laplacian", "laplacianDiagonal", "sharpen", "verticalEdge")],
    ("FixedFilter2d", ["box"], {"size": 2, "channels": 2, "padding": 1}, [1, 2, 4, 5]),
    ("FixedFilter2d", ["gaussian"], {"size": 5, "sigma": 1.5, "channels": 2}, [1, 2, 6, 5]),
    ("Embedding", [5, 3], {"maxNorm": 1}, [2, 3]),
    ("Embedding", [5, 3], {"maxNorm": 0.75, "normType": 1, "paddingIndex": 2}, [6]),
    *[("EmbeddingBag", [6, 3], {"mode": mode, **more}, shape)
      for mode in ("sum", "mean", "max") for more, shape in (({}, [2, 4]), ({}, [9]), ({"paddingIndex": 1}, [9]), ({"paddingIndex": -2}, [3, 4]))],
    ("EmbeddingBag", [6, 3], {"maxNorm": 1}, [7]),
    ("EmbeddingBag", [6, 3], {"maxNorm": 1.25, "normType": 1, "mode": "sum"}, [3, 2]),
    ("Bilinear", [3, 4, 2], {}, [5]),
    ("Bilinear", [2, 3, 4], {"bias": False}, [2, 2]),
    ("MaxUnpool2d", [2], {}, [1, 2, 4, 6]),
    ("MaxUnpool2d", [[3, 2]], {"stride": [3, 2], "padding": [1, 0]}, [1, 2, 4, 4]),
    *[(name, [], {}, shape) for name, shape in (
        ("EmbeddingBag weighted", [8]), ("Residual", [1, 2, 4, 3]), ("Residual with a shortcut", [1, 2, 4, 4]), ("Parallel", [1, 2, 4, 3]),
        ("weightNorm Linear", [2, 4]), ("weightNorm Conv2d", [1, 2, 3, 3]), ("weightNorm whole", [2, 4]),
        ("spectralNorm Linear", [2, 4]), ("spectralNorm Conv2d", [1, 2, 3, 3]), ("spectralNorm ConvTranspose2d", [1, 2, 2, 2]))],
    # Beyond the stride: what padding would cut off, and then what no filter covers.
    ("ConvTranspose1d", [1, 2, 2], {"dilation": 3, "padding": 2, "outputPadding": 1}, [2, 1, 5]),
    ("ConvTranspose1d", [1, 2, 2], {"stride": 2, "dilation": 4, "padding": 1, "outputPadding": 3}, [1, 1, 4]),
    ("ConvTranspose2d", [1, 1, 3], {"dilation": 3, "outputPadding": 2}, [1, 1, 2, 2]),
    ("ConvTranspose2d", [2, 2, 2], {"stride": [3, 1], "dilation": [2, 3], "outputPadding": [2, 1], "padding": [1, 2]}, [1, 2, 3, 4]),
    ("ConvTranspose2d to a size", [], {}, [1, 2, 3, 3]),
    ("MaxPool1d", [3], {"dilation": 2}, [2, 2, 9]),
    ("MaxPool1d", [2], {"stride": 2, "dilation": 3, "padding": 1, "ceilMode": True}, [1, 2, 8]),
    ("MaxPool2d", [[2, 3]], {"dilation": 2}, [1, 2, 5, 9]),
    ("MaxPool2d", [3], {"stride": [2, 1], "dilation": [2, 1], "padding": 1, "ceilMode": True}, [2, 1, 6, 5]),
    ("MinPool1d", [2], {"dilation": 3, "stride": 1}, [1, 2, 7]),
    ("MinPool2d", [2], {"dilation": [1, 2], "padding": 1}, [1, 1, 5, 6]),
    ("AvgPool2d", [2], {"divisorOverride": 3}, [1, 2, 5, 4]),
    ("AvgPool2d", [3], {"stride": 2, "padding": 1, "ceilMode": True, "divisorOverride": -5}, [1, 2, 6, 5]),
    ("AvgPool2d", [[2, 3]], {"padding": 1, "countIncludePad": False, "divisorOverride": 4}, [1, 2, 4, 5]),
    *[(f"{kind}{len(shape) - 2}d", [sides], {}, shape)
      for kind in ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
      for sides, shape in ((1, [1, 2, 3]), ([2, 1], [2, 1, 4]), (2, [1, 1, 3, 4]), ([1, 0, 2, 1], [1, 2, 3, 3]), ([1, 0, 0, 2, 1, 1], [1, 1, 3, 3, 2]))],
    ("ConstantPad1d", [[1, 2], 3.5], {}, [2, 2, 4]),
    ("ConstantPad1d", [[-1, 2], 0.5], {}, [1, 2, 4]),
    ("ConstantPad2d", [1, -2], {}, [1, 2, 2, 3]),
    ("ConstantPad2d", [[-1, -1, 2, -1], 1.5], {}, [1, 2, 3, 4]),
    ("ConstantPad3d", [[1, 0, 0, 2, -1, 1], 7], {}, [1, 2, 3, 2, 2]),
    ("ReplicationPad2d", [[-1, 2, 1, -1]], {}, [1, 1, 3, 4]),
    ("ReflectionPad1d", [[2, -1]], {}, [1, 1, 5]),
    ("Identity", [], {}, [2, 3]),
    ("Unflatten", [1, [2, 3]], {}, [2, 6, 2]),
    ("Unflatten", [-1, [2, -1, 2]], {}, [3, 8]),
    ("PixelShuffle", [2], {}, [2, 8, 2, 3]),
    ("PixelShuffle", [3], {}, [9, 1, 2]),
    ("PixelUnshuffle", [2], {}, [1, 2, 4, 6]),
    ("PixelUnshuffle", [3], {}, [2, 1, 2, 3, 6]),
    ("ChannelShuffle", [2], {}, [1, 6, 2, 2]),
    ("ChannelShuffle", [3], {}, [2, 6, 3]),
    *[("Upsample", [], options, shape) for options, shape in (
        ({"scaleFactor": 2}, [1, 2, 3]), ({"size": [5, 2]}, [1, 2, 3, 4]), ({"scaleFactor": [2, 1.5, 0.5]}, [1, 1, 2, 3, 4]),
        ({"size": 7, "mode": "linear"}, [2, 1, 3]), ({"scaleFactor": 1.7, "mode": "linear"}, [1, 2, 5]),
        ({"size": [3, 5], "mode": "bilinear"}, [1, 2, 6, 2]), ({"scaleFactor": 2, "mode": "bilinear", "alignCorners": True}, [1, 2, 3, 2]),
        ({"size": [3, 1, 4], "mode": "trilinear"}, [1, 1, 2, 3, 2]), ({"size": 5, "mode": "linear", "alignCorners": True}, [1, 1, 3]),
        ({"size": [4, 1], "mode": "bilinear", "alignCorners": True}, [1, 1, 2, 3]))],
    ("InstanceNorm1d", [2], {}, [3, 2, 5]),
    ("InstanceNorm1d", [3], {"affine": True, "trackRunningStats": True, "momentum": 0.4}, [2, 3, 4]),
    ("InstanceNorm3d", [2], {"affine": True, "eps": 0.01}, [2, 2, 2, 3, 2]),
    ("InstanceNorm3d", [2], {"trackRunningStats": True}, [2, 2, 2, 2, 3]),
    ("BatchNorm3d", [2], {}, [2, 2, 2, 3, 2]),
    ("BatchNorm3d", [2], {"momentum": None, "affine": False}, [3, 2, 1, 2, 2]),
    # One example without a batch.
    ("Conv1d", [2, 3, 3], {"padding": 1, "paddingMode": "replicate"}, [2, 6]),
    ("Conv2d", [2, 3, 3], {"stride": 2, "padding": 1}, [2, 5, 4]),
    ("Conv2d", [2, 2, 3], {"padding": 1, "paddingMode": "reflect", "groups": 2}, [2, 4, 4]),
    ("Conv3d", [2, 1, 2], {"padding": 1}, [2, 2, 3, 2]),
    ("ConvTranspose1d", [2, 3, 3], {"stride": 2}, [2, 4]),
    ("ConvTranspose2d", [2, 3, 2], {"stride": 2, "outputPadding": 1}, [2, 2, 3]),
    ("ConvTranspose2d to a size", [], {}, [2, 3, 3]),
    ("DepthwiseSeparableConv2d", [2, 3, 2], {}, [2, 4, 3]),
    ("MaxPool1d", [2], {"dilation": 2}, [2, 7]),
    ("MaxPool2d", [2], {"dilation": 2, "stride": 1}, [2, 4, 5]),
    ("MinPool1d", [2], {}, [2, 5]),
    ("MinPool2d", [2], {}, [2, 4, 4]),
    ("AvgPool1d", [3], {"padding": 1, "stride": 2}, [2, 7]),
    ("AvgPool2d", [2], {"divisorOverride": 3}, [2, 5, 4]),
    ("LpPool1d", [2, 3], {}, [2, 7]),
    ("LpPool2d", [2, 2], {}, [2, 4, 5]),
    ("AdaptiveAvgPool1d", [3], {}, [2, 7]),
    ("AdaptiveAvgPool2d", [[3, 2]], {}, [2, 7, 6]),
    ("AdaptiveMaxPool1d", [3], {}, [2, 7]),
    ("AdaptiveMaxPool2d", [[3, 2]], {}, [2, 7, 6]),
    ("MaxUnpool2d", [2], {}, [2, 4, 6]),
    ("InstanceNorm1d", [2], {"trackRunningStats": True}, [2, 5]),
    ("InstanceNorm2d", [2], {"affine": True}, [2, 3, 4]),
    ("InstanceNorm3d", [2], {"trackRunningStats": True, "affine": True}, [2, 2, 3, 2]),
    ("Softmax2d", [], {}, [3, 2, 2]),
    ("ConstantPad2d", [[1, 2, 0, 1], 2.5], {}, [2, 3, 2]),
    ("ReflectionPad1d", [2], {}, [2, 4]),
    ("ReplicationPad3d", [1], {}, [2, 2, 2, 1]),
    ("Embedding", [4, 3], {"scaleGradByFreq": True}, [2, 5]),
    ("Embedding", [4, 2], {"scaleGradByFreq": True, "paddingIndex": 2}, [9]),
    *[("EmbeddingBag", [4, 3], {"mode": mode, "scaleGradByFreq": True, **more}, shape)
      for mode in ("sum", "mean") for more, shape in (({}, [2, 4]), ({"paddingIndex": 1}, [9]), ({"includeLastOffset": True}, [9]))],
    ("EmbeddingBag", [6, 3], {"includeLastOffset": True}, [9]),
    ("EmbeddingBag", [6, 3], {"mode": "max", "includeLastOffset": True, "paddingIndex": 2}, [9]),
    ("MaxPool3d", [2], {}, [2, 1, 4, 5, 4]),
    ("MaxPool3d", [[2, 3, 2]], {"stride": [1, 2, 2], "padding": [1, 1, 0], "dilation": [2, 1, 3], "ceilMode": True}, [1, 2, 4, 6, 5]),
    ("MaxPool3d", [2], {"stride": 1}, [1, 3, 2, 3]),
    ("AvgPool3d", [2], {}, [1, 2, 4, 3, 5]),
    ("AvgPool3d", [[3, 2, 2]], {"stride": 2, "padding": [1, 0, 1], "ceilMode": True}, [1, 2, 4, 3, 4]),
    ("AvgPool3d", [3], {"stride": 2, "padding": 1, "ceilMode": True, "countIncludePad": False}, [1, 1, 4, 4, 5]),
    ("AvgPool3d", [[2, 1, 2]], {"padding": [1, 0, 0], "divisorOverride": 5}, [2, 2, 3, 4]),
    *[(name, [0.4], {}, shape) for name, shape in (("Dropout3d", [2, 3, 2, 1, 2]), ("Dropout1d", [3, 4]), ("Dropout3d", [3, 2, 1, 2]))],
]

NAMES = {"paddingIndex": "padding_idx"}
snake = lambda name: NAMES.get(name, re.sub("([A-Z])", lambda match: "_" + match[1].lower(), name))
# With which dropouts training cannot be compared, and what cannot be differentiated where elements are equal.
RANDOM = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "DropPath", "GaussianNoise")


def make(name, args, options):
    options = {snake(key): tuple(value) if key == "scaleFactor" and isinstance(value, list) else value for key, value in options.items()}
    if options.pop("flip", False):
        return {"Conv1d": FlippedConv1d, "Conv2d": FlippedConv2d, "Conv3d": FlippedConv3d}[name](*args, **options)
    if name == "EmbeddingBag" and options.pop("scale_grad_by_freq", False):
        return BagByFrequency(*args, **options)
    return (MAKE.get(name) or getattr(nn, name))(*args, **options)


def inputs_of(name, args, options, shape):
    if name == "EmbeddingBag weighted":
        indices = torch.randint(0, 6, shape, generator=generator)
        return [indices, torch.tensor([0, 3, 3, 4]), short(shape)]
    if name.startswith("Embedding"):
        indices = torch.randint(0, args[0], shape, generator=generator)
        # A bag in the middle without words, and one of padding only.
        if name == "EmbeddingBag" and len(shape) == 1:
            indices[4] = options.get("paddingIndex", 0) % args[0]
            return [indices, torch.tensor([0, 4, 4, 5] + [len(indices)] * options.get("includeLastOffset", False))]
        return [indices]
    if name == "Bilinear":
        return [short([*shape, args[0]]), short([*shape, args[1]])]
    if name == "MaxUnpool2d":
        return list(F.max_pool2d(distinct(shape), *args, **options, return_indices=True))
    return [(distinct if re.search("M(ax|in)Pool|Parallel", name) else short)(shape)]


def run(layer, inputs, dy):
    layer.zero_grad()
    floats = [x for x in inputs if x.is_floating_point()]
    for x in floats:
        x.grad = None
    y = layer(*inputs)
    y.backward(dy)
    return {
        "y": values(y),
        "dxs": [values(x.grad) for x in floats],
        "gradients": {key: values(value.grad) for key, value in layer.named_parameters()},
    }


def case_of(name, args, options, shape):
    layer = make(name, args, options)
    with torch.no_grad():
        for tensor in layer.parameters():
            # Which of equals is the largest, nobody knows.
            tensor.copy_((distinct if options.get("mode") == "max" else short)(tensor.shape))
        if name.startswith("spectral"):
            for tensor in layer.buffers():
                tensor.copy_(short(tensor.shape))
    inputs = inputs_of(name, args, options, shape)
    for x in inputs:
        x.requires_grad_(x.is_floating_point())
    state = {key: values(value) for key, value in layer.state_dict().items()}
    layer.eval()
    with torch.no_grad():
        dy = short(layer(*inputs).shape)
        # Where looking up has changed the table.
        for key, value in layer.state_dict().items():
            value.copy_(torch.tensor(state[key]["data"]).reshape(value.shape))
    case = {"layer": name, "args": args, "options": options, "state": state}
    case["inputs"] = [values(x) for x in inputs]
    case["dy"] = values(dy)
    if name not in RANDOM:
        case["training"] = run(layer.train(), inputs, dy)
        if name.startswith("spectral"):
            # Each forward takes u and v further.
            case["again"] = 3
            for _ in range(3):
                layer(*inputs)
        case["stateAfter"] = {key: values(value) for key, value in layer.state_dict().items()}
    case["inUse"] = run(layer.eval(), inputs, dy)
    return case


def main():
    lines = ",\n".join(json.dumps(case_of(*case), separators=(",", ":")) for case in CASES)
    Path(__file__).with_suffix(".json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
