"""Random expressions of several ops, in the case's dtype and, to tell how uncertain that is, in the other one."""

import math
import sys
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.append(str(Path(__file__).parent.parent))
from torch_side import number


def axes_of(x, options):
    axes = options["axes"]
    return tuple(range(x.dim())) if axes is None else tuple(axes)


def prod(x, options):
    axes = sorted((axis % max(x.dim(), 1) for axis in axes_of(x, options)), reverse=True)
    for axis in axes:
        x = x.prod(axis, keepdim=True)
    if options["keepDims"]:
        return x
    for axis in axes:
        x = x.squeeze(axis)
    return x


def norm(x, options):
    p = math.inf if options["p"] == "inf" else options["p"]
    return torch.linalg.vector_norm(x, p, axes_of(x, options), options["keepDims"])


def deviation(function):
    def run(x, options):
        return function(x, axes_of(x, options), unbiased=options["correction"] == 1, keepdim=options["keepDims"])

    return run


def reduction(function):
    return lambda x, options: function(x, axes_of(x, options), options["keepDims"]) if x.dim() else function(x, 0)


def indices(x, options):
    return torch.tensor(options["indices"]).reshape(x.shape)


def cumsum(x, axis, reverse):
    return x.flip(axis).cumsum(axis).flip(axis) if reverse else x.cumsum(axis)


def slice_range(x, o):
    index = [slice(None)] * x.dim()
    index[o["axis"]] = slice(o["start"], o["stop"], o["step"])
    return x[tuple(index)]


def pad(x, o):
    return F.pad(x, [each for pair in reversed(o["pads"]) for each in pair], value=o["value"])


def attention(q, k, v, causal):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if causal:
        scores = scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1), -math.inf)
    return scores.softmax(-1) @ v


def rms_norm(x, o):
    axes = tuple(range(-o["axes"], 0))
    return x / torch.sqrt((x * x).mean(axes, keepdim=True) + o["eps"])


# By formula: PyTorch 1.13 fails in the second derivatives of its own norms without weights, and of its hardsigmoid.
def normed(x, axes, eps):
    return (x - x.mean(axes, keepdim=True)) / torch.sqrt(x.var(axes, unbiased=False, keepdim=True) + eps)


# By formula: PyTorch's second derivative at 0 is that from the right, although its first is that from the left.
def elu(x, alpha):
    return torch.where(x > 0, x, alpha * torch.expm1(torch.where(x > 0, torch.zeros_like(x), x)))


def group_norm(x, o):
    return normed(x.reshape(x.shape[0], o["groups"], -1), (2,), o["eps"]).reshape(x.shape)


def batch_norm(x, o):
    return normed(x, [axis for axis in range(x.dim()) if axis != 1], o["eps"])


OPS = {
    "clone": lambda x, o: x.clone(),
    "silu": lambda x, o: F.silu(x),
    "mish": lambda x, o: F.mish(x),
    "selu": lambda x, o: 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717),
    "hardSwish": lambda x, o: F.hardswish(x),
    "hardSigmoid": lambda x, o: F.relu6(x + 3) / 6,
    "elu": lambda x, o: elu(x, o["alpha"]),
    "leakyRelu": lambda x, o: F.leaky_relu(x, o["slope"]),
    "softplus": lambda x, o: F.softplus(x, o["beta"]),
    "gelu": lambda x, o: F.gelu(x, approximate=o["approximate"]),
    "clamp": lambda x, o: x.clamp(o["min"], o["max"]),
    "power": lambda x, o: x.pow(o["value"]),
    "addScalar": lambda x, o: x + o["value"],
    "mulScalar": lambda x, o: x * o["value"],
    "modScalar": lambda x, o: torch.remainder(x, o["value"]),
    "mod": lambda x, o, b: torch.remainder(x, b),
    "whereGreater": lambda x, o, b: torch.where(x > b, x, b * 2),
    "maskedFill": lambda x, o: x.masked_fill(x > o["above"], o["value"]),
    "sum": reduction(torch.sum),
    "mean": reduction(torch.mean),
    "max": reduction(torch.amax),
    "min": reduction(torch.amin),
    "prod": prod,
    "logSumExp": reduction(torch.logsumexp),
    "variance": deviation(torch.var),
    "std": deviation(torch.std),
    "norm": norm,
    "softmax": lambda x, o: x.softmax(o["axis"]),
    "logSoftmax": lambda x, o: x.log_softmax(o["axis"]),
    "cumsum": lambda x, o: cumsum(x, o["axis"], o["reverse"]),
    "sort": lambda x, o: x.sort(dim=o["axis"], descending=o["descending"], stable=True).values,
    "topK": lambda x, o: x.sort(dim=o["axis"], descending=o["largest"], stable=True).values.narrow(o["axis"], 0, o["length"]),
    "flip": lambda x, o: x.flip(o["axis"]),
    "roll": lambda x, o: x.roll(o["shift"], o["axis"]),
    "indexSelect": lambda x, o: x.index_select(o["axis"], torch.tensor(o["index"])),
    "sliceRange": slice_range,
    "gather": lambda x, o: x.gather(o["axis"], indices(x, o)),
    "scatterAdd": lambda x, o, source: x.scatter_add(o["axis"], indices(x, o), source),
    "glu": lambda x, o: F.glu(x, o["axis"]),
    "permute": lambda x, o: x.permute(o["order"]),
    "reshape": lambda x, o: x.reshape(o["shape"]),
    "unsqueeze": lambda x, o: x.unsqueeze(o["axis"]),
    "expand": lambda x, o: x.expand(o["shape"]),
    "repeat": lambda x, o: x.repeat(o["counts"]) if x.dim() else x.clone(),
    "pad": pad,
    "padEdge": lambda x, o: F.pad(x, [o["before"], o["after"]], mode=o["mode"]),
    "tril": lambda x, o: x.tril(o["diagonal"]),
    "triu": lambda x, o: x.triu(o["diagonal"]),
    "stack": lambda x, o, b: torch.stack([x, b], o["axis"]),
    "concat": lambda x, o, b: torch.cat([x, b], o["axis"]),
    "outer": lambda x, o, b: torch.outer(x, b),
    "matmulOwn": lambda x, o: x.transpose(-1, -2) @ x if o["side"] == "a" else x @ x.transpose(-1, -2),
    "einsum": lambda x, o, b: torch.einsum(o["equation"], x, b),
    "attention": lambda x, o, k, v: attention(x, k, v, o["isCausal"]),
    "layerNorm": lambda x, o: F.layer_norm(x, x.shape[-o["axes"] :], eps=o["eps"]),
    "rmsNorm": rms_norm,
    "groupNorm": group_norm,
    "batchNorm": batch_norm,
    "maxPool2d": lambda x, o: F.max_pool2d(x, o["kernel"], o["stride"], o["padding"]),
    "avgPool2d": lambda x, o: F.avg_pool2d(
        x, o["kernel"], o["stride"], o["padding"], count_include_pad=o["countIncludePad"]
    ),
    "conv": lambda x, o, w: (F.conv2d if x.dim() == 4 else F.conv1d)(x, w, None, o["stride"], o["padding"]),
}


def compute(step, values):
    x, *others = (values[i] for i in step["of"])
    if step["op"] in OPS:
        return OPS[step["op"]](x, step["options"], *others)
    return getattr(torch, step["op"])(x, *others)


def weighted(x, start):
    weights = [(i % 2 * 2 - 1) * (((i * 7 + start * 3) % 10 + 1) / 8) for i in range(x.numel())]
    return (x * torch.tensor(weights, dtype=x.dtype).reshape(x.shape)).sum()


def total(values):
    return sum(weighted(x, i) for i, x in enumerate(values) if x is not None)


def gradients(y, inputs, **options):
    found = torch.autograd.grad(y, inputs, allow_unused=True, **options)
    # Added to zeros: PyTorch has tensors of zeros without storage, which cannot be read.
    return [torch.zeros_like(x) if each is None else torch.zeros_like(x) + each for x, each in zip(inputs, found)]


def outcome(case, dtype):
    inputs = [
        torch.tensor(number(each["data"]), dtype=dtype).reshape(each["shape"]).requires_grad_()
        for each in case["inputs"]
    ]
    values = list(inputs)
    for step in case["steps"]:
        values.append(compute(step, values))
    used = {i for step in case["steps"] for i in step["of"]}
    results = [values[i] for i in range(len(inputs), len(values)) if i not in used]
    loss = total(results)
    first = gradients(loss, inputs, create_graph=True) if loss.requires_grad else [torch.zeros_like(x) for x in inputs]
    found = [each if each.requires_grad else None for each in first]
    second = gradients(total(found), inputs) if any(each is not None for each in found) else [torch.zeros_like(x) for x in inputs]
    numbers = {}
    for i, result in enumerate(results):
        numbers[f"y{i}"] = result.detach().flatten()
        numbers[f"shape{i}"] = list(result.shape)
    for i in range(len(inputs)):
        numbers[f"gradient{i}"] = numbers[f"recorded gradient{i}"] = first[i].detach().flatten()
        numbers[f"second{i}"] = second[i].detach().flatten()
    return numbers


def uncertain(single, double, is_double):
    """How far off PyTorch's own numbers may be, from the difference between the two dtypes; infinite where one overflows."""
    off = (single.double() - double).abs()
    off = off[off.isfinite()]
    spread = 8 * off.max().item() if off.numel() else 0
    if is_double:
        return spread * 2.0**-26
    return math.inf if (double.isfinite() & ~single.isfinite()).any() else spread


def compositions(case):
    single, double = outcome(case, torch.float32), outcome(case, torch.float64)
    is_double = case["dtype"] == "float64"
    numbers = double if is_double else single
    bounds = {
        f"{name} ±": uncertain(single[name], double[name], is_double)
        for name, value in numbers.items()
        if torch.is_tensor(value)
    }
    return {**numbers, **bounds}
