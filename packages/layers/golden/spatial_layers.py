"""Layers that PyTorch 1.13 has not, in its functions, by their formulas: for spatial.py."""

import torch
from torch import nn
from torch.nn import functional as F


class FlippedConv2d(nn.Conv2d):
    def forward(self, x):
        return self._conv_forward(x, self.weight.flip(2, 3), self.bias)


class FlippedConv1d(nn.Conv1d):
    def forward(self, x):
        return self._conv_forward(x, self.weight.flip(2), self.bias)


class FlippedConv3d(nn.Conv3d):
    def forward(self, x):
        return self._conv_forward(x, self.weight.flip(2, 3, 4), self.bias)


class DepthwiseSeparableConv2d(nn.Module):
    def __init__(self, channels, out, kernel, multiplier=1, **options):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels * multiplier, kernel, groups=channels, **options)
        self.pointwise = nn.Conv2d(channels * multiplier, out, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Subsampling2d(nn.Module):
    def __init__(self, features, kernel, stride=None):
        super().__init__()
        self.kernel, self.stride = kernel, stride or kernel
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))

    def forward(self, x):
        windows = x.unfold(2, self.kernel, self.stride).unfold(3, self.kernel, self.stride)
        return windows.sum((-1, -2)) * self.weight[:, None, None] + self.bias[:, None, None]


class LpPool(nn.Module):
    """By its windows: in ceil mode PyTorch takes the mean of what a window over the edge sees times the area of a full one."""

    def __init__(self, dims, p, kernel, stride=None, ceil_mode=False):
        super().__init__()
        pair = lambda size: [1, size] if dims == 1 else list(size) if isinstance(size, (list, tuple)) else [size, size]
        self.dims, self.p, self.kernel, self.ceil = dims, p, pair(kernel), ceil_mode
        self.stride = self.kernel if stride is None else pair(stride)

    def forward(self, x):
        if x.dim() == self.dims + 1:
            return self.forward(x[None])[0]
        image = x[:, :, None] if self.dims == 1 else x
        (kh, kw), (sh, sw) = self.kernel, self.stride
        rows, columns = F.max_pool2d(image, (kh, kw), (sh, sw), ceil_mode=self.ceil).shape[2:]
        windows = [
            image[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw].flatten(2).norm(self.p, -1)
            for i in range(rows) for j in range(columns)
        ]
        y = torch.stack(windows, -1).reshape(*image.shape[:2], rows, columns)
        return y[:, :, 0] if self.dims == 1 else y


class By(nn.Module):
    """A layer without parameters, by a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class FixedFilter2d(nn.Module):
    TABLES = {
        "sobelX": [1, 2, 1, -1, 0, 1], "sobelY": [-1, 0, 1, 1, 2, 1],
        "prewittX": [1, 1, 1, -1, 0, 1], "prewittY": [-1, 0, 1, 1, 1, 1],
        "verticalEdge": [1, 1, 1, 1, 0, -1],
    }

    def __init__(self, name, channels=1, size=3, sigma=1, padding="same"):
        super().__init__()
        if name in self.TABLES:  # These are products of a column and a row.
            column, row = torch.tensor(self.TABLES[name], dtype=torch.float64).split(3)
        elif name == "box":
            column = row = torch.ones(size) / size
        elif name == "gaussian":
            column = torch.exp(-((torch.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
            column = row = column / column.sum()
        self.padding, self.channels = padding, channels
        if name in ("laplacian", "sharpen"):
            second = torch.zeros(3, 3)
            second[1] += torch.tensor([1.0, -2, 1])
            second[:, 1] += torch.tensor([1.0, -2, 1])
            identity = torch.zeros(3, 3)
            identity[1, 1] = 1
            table = second if name == "laplacian" else identity - second
        elif name == "laplacianDiagonal":
            table = torch.ones(3, 3)
            table[1, 1] = -8
        else:
            table = torch.outer(column, row)
        self.register_buffer("weight", table.repeat(channels, 1, 1, 1))

    def forward(self, x):
        return F.conv2d(x, self.weight, padding=self.padding, groups=self.channels)


class Residual(nn.Module):
    def __init__(self, block, shortcut=None):
        super().__init__()
        self.block, self.shortcut = block, shortcut or nn.Identity()

    def forward(self, x):
        return self.block(x) + self.shortcut(x)


class Parallel(nn.Sequential):
    def forward(self, x):
        return torch.cat([branch(x) for branch in self], 1)


class BagByFrequency(nn.EmbeddingBag):
    """Gradients divided by how often a word comes, as those of nn.Embedding: nn.EmbeddingBag looks up another word's count
    (indices_data[i] for the i-th word of those that differ, in EmbeddingBag.cpp of 1.13)."""

    def forward(self, indices, offsets=None):
        rows = F.embedding(indices.flatten(), self.weight, scale_grad_by_freq=True)
        if offsets is None:
            starts = range(0, indices.numel() + 1, indices.shape[1])
        else:
            starts = offsets.tolist() + ([] if self.include_last_offset else [len(indices)])
        bags = []
        for start, end in zip(starts, list(starts)[1:]):
            words = [rows[i] for i in range(start, end) if indices.flatten()[i] != self.padding_idx]
            total = sum(words, torch.zeros(self.embedding_dim))
            bags.append(total / len(words) if self.mode == "mean" and words else total)
        return torch.stack(bags)


class ToSize(nn.ConvTranspose2d):
    """Stride, padding and dilation leave several sizes open: the one that is wanted comes with the input."""

    def __init__(self, *args, to, **options):
        super().__init__(*args, **options)
        self.to_size = to

    def forward(self, x):
        return super().forward(x, output_size=self.to_size)


def by_pad(mode):
    """F.pad as a layer: for what PyTorch 1.13 has no module."""
    return lambda sides, axes: By(lambda x: F.pad(x, sides if isinstance(sides, list) else [sides] * 2 * axes, mode=mode))


def min_pool(dims):
    pool = {1: F.max_pool1d, 2: F.max_pool2d}[dims]
    return lambda *args, **options: By(lambda x: -pool(-x, *args, **options))
