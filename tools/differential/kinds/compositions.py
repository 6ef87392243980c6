"""Random expressions of several ops, in the case's dtype and, to tell how uncertain that is, in the other one."""

import math
import sys
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.append(str(Path(__file__).parent))
from tensors import both, number


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


def root(squares):
    """Its derivatives at 0 taken as 0. PyTorch's std and norm do that in the first only, and have NaN in the second."""
    is_zero = squares == 0
    roots = torch.sqrt(torch.where(is_zero, torch.ones_like(squares), squares))
    return torch.where(is_zero, torch.zeros_like(squares), roots)


def norm(x, options):
    p = math.inf if options["p"] == "inf" else options["p"]
    if p == math.inf:
        return extreme(torch.amax)(x.abs(), options)
    if p == 2:
        return root((x * x).sum(axes_of(x, options), options["keepDims"]))
    return torch.linalg.vector_norm(x, p, axes_of(x, options), options["keepDims"])


def variance(x, options):
    """By formula: of as few numbers as the correction PyTorch has infinity for the gradient of 0 / 0."""
    axes, keep = axes_of(x, options), options["keepDims"]
    off = x - x.mean(axes, keepdim=True)
    count = math.prod(x.shape[axis] for axis in axes) if x.dim() else 1
    return (off * off).sum(axes, keep) / torch.tensor(count - options["correction"], dtype=x.dtype)


class Extreme(torch.autograd.Function):
    """The gradient shared among equals and selected: PyTorch's multiplies by a mask, where 0 times infinity is NaN."""

    @staticmethod
    def forward(ctx, x, axes, function):
        y = function(x, axes, True)
        mask = (x == y) | (x.isnan() & y.isnan())
        ctx.save_for_backward(mask, mask.sum(axes, keepdim=True))
        return y

    @staticmethod
    def backward(ctx, dy):
        mask, count = ctx.saved_tensors
        return torch.where(mask, dy / count, torch.zeros_like(dy)), None, None


def extreme(function):
    def run(x, options):
        axes = axes_of(x, options)
        y = Extreme.apply(x, axes, function) if x.dim() else x.clone()
        return y if options["keepDims"] or not x.dim() else y.sum(axes)

    return run


def reduction(function):
    return lambda x, options: function(x, axes_of(x, options), options["keepDims"]) if x.dim() else function(x, 0)


# NaN is selected, and passes: PyTorch's own hide it, or multiply it away.
def hard_sigmoid(x):
    return torch.where(x >= 3, torch.ones_like(x), torch.where(x <= -3, torch.zeros_like(x), x / 6 + 0.5))


def hard_swish(x):
    middle = torch.where(x.abs() > 3, torch.zeros_like(x), x)
    return torch.where(x > 3, x, torch.where(x < -3, x * 0, middle * (middle / 6 + 0.5)))


def clamp(x, low, high):
    return torch.where(x < low, torch.full_like(x, low), torch.where(x > high, torch.full_like(x, high), x))


def leaky_relu(x, slope):
    return torch.where(x > 0, x, slope * x) if slope else torch.where(x <= 0, torch.zeros_like(x), x)


def sign(x):
    return torch.where(x.isnan(), x.detach(), torch.sign(x))


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
    axes = tuple(range(-o["last"], 0))
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
    "hardSwish": lambda x, o: hard_swish(x),
    "hardSigmoid": lambda x, o: hard_sigmoid(x),
    "elu": lambda x, o: elu(x, o["alpha"]),
    "leakyRelu": lambda x, o: leaky_relu(x, o["slope"]),
    "softplus": lambda x, o: F.softplus(x, o["beta"]),
    "gelu": lambda x, o: F.gelu(x, approximate=o["approximate"]),
    "clamp": lambda x, o: clamp(x, o["min"], o["max"]),
    # A constant: PyTorch has NaN for the second derivative at 0.
    "power": lambda x, o: x.pow(o["value"]) if o["value"] else torch.ones_like(x),
    "addScalar": lambda x, o: x + o["value"],
    "mulScalar": lambda x, o: x * o["value"],
    "modScalar": lambda x, o: torch.remainder(x, o["value"]),
    "mod": lambda x, o, b: torch.remainder(x, b),
    "whereGreater": lambda x, o, b: torch.where(x > b, x, b * 2),
    "maskedFill": lambda x, o: x.masked_fill(x > o["above"], o["value"]),
    "sign": lambda x, o: sign(x),
    "sum": reduction(torch.sum),
    "mean": reduction(torch.mean),
    "max": extreme(torch.amax),
    "min": extreme(torch.amin),
    "prod": prod,
    "logSumExp": reduction(torch.logsumexp),
    "variance": variance,
    "std": lambda x, o: root(variance(x, o)),
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
    "layerNorm": lambda x, o: F.layer_norm(x, x.shape[-o["last"] :], eps=o["eps"]),
    "rmsNorm": rms_norm,
    "groupNorm": group_norm,
    "batchNorm": batch_norm,
    "maxPool2d": lambda x, o: F.max_pool2d(x, o["kernel"], o["stride"], o["padding"]),
    "avgPool2d": lambda x, o: F.avg_pool2d(
        x, o["kernel"], o["stride"], o["padding"], count_include_pad=o["countIncludePad"]
    ),
    "conv": lambda x, o, w: (F.conv2d if x.dim() == 4 else F.conv1d)(x, w, None, o["stride"], o["padding"]),
}


# Where the last digit of what is given may decide about much.
JUMPS = ("floor", "ceil", "round", "sign", "mod", "modScalar", "whereGreater", "maskedFill", "log", "sqrt", "rsqrt", "reciprocal")


def compute(step, values, inputs, shift):
    x, *others = (values[i] for i in step["of"])
    if step["op"] in JUMPS and max(step["of"]) >= inputs:
        x = x * (1 + shift) + shift
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


def outcome(case, dtype, shift=0.0):
    inputs = [
        torch.tensor(number(each["data"]), dtype=dtype).reshape(each["shape"]).requires_grad_()
        for each in case["inputs"]
    ]
    values = list(inputs)
    for step in case["steps"]:
        values.append(compute(step, values, len(inputs), shift))
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


def jumps(case, numbers):
    """Whether the last digit of something decides about a whole."""
    if all(step["op"] not in JUMPS for step in case["steps"]):
        return False
    others = (outcome(case, torch.float64, shift) for shift in (1e-6, -1e-6))
    return not all(
        torch.allclose(value, other[name], 1e-2, 1e-4, equal_nan=True)
        for other in others
        for name, value in numbers.items()
        if torch.is_tensor(value)
    )


def compositions(case):
    single, double = outcome(case, torch.float32), outcome(case, torch.float64)
    bounded = both(case, lambda _, dtype: single if dtype == torch.float32 else double)
    if jumps(case, double):
        bounded.update({name: math.inf for name in bounded if name.endswith(" ±")})
    return bounded
