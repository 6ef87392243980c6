"""Reference numbers for positions: writes positions.json beside this file.

    /usr/bin/python3 packages/attention/golden/positions.py

Made with PyTorch 1.13. T5's buckets are computed by the formula of the paper, in float32 as its program does. Tables of image positions have two decimals,
so that the file stays small and exact; answers, in float64, have 13 digits.
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

generator = torch.Generator().manual_seed(17)

# Whether in both directions, number of buckets, largest distance.
BUCKETS = [
    (True, 32, 128),
    (False, 32, 128),
    (True, 64, 256),
    (False, 64, 128),
    (True, 16, 100),
    (False, 8, 20),
    (True, 8, 3),
    (False, 2, 5),
]
FURTHEST = 300

# Rows and columns of a table, and of the image that it is stretched or shrunk to.
GRIDS = [
    ((4, 4), (6, 6)),
    ((3, 5), (7, 2)),
    ((4, 4), (3, 3)),
    ((4, 4), (8, 4)),
    ((1, 2), (3, 5)),
    ((5, 3), (1, 1)),
]
FEATURES = 2


def buckets(bidirectional, count, furthest):
    distance = torch.arange(-FURTHEST, FURTHEST + 1)  # of the key from the query
    each = count // 2 if bidirectional else count
    side = (distance > 0).long() * each if bidirectional else torch.zeros_like(distance)
    away = distance.abs() if bidirectional else torch.clamp(-distance, min=0)
    exact = each // 2
    ratio = torch.log(away.float() / exact) / math.log(furthest / exact)
    # The logarithm of 0 is not used.
    grown = exact + torch.clamp(ratio, min=0).mul(each - exact).long()
    return side + torch.where(away < exact, away, torch.clamp(grown, max=each - 1))


def changes(values):
    """[distance, bucket] wherever the bucket is another than that of the distance before."""
    found = []
    for i, value in enumerate(values.tolist()):
        if not found or found[-1][1] != value:
            found.append([i - FURTHEST, value])
    return found


def listed(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{value:.13g}") for value in tensor.detach().flatten().tolist()]}


def draw(*shape):
    return torch.round(torch.randn(shape, generator=generator, dtype=torch.float64) * 100) / 100


def stretched(grid, size):
    table = draw(1, grid[0], grid[1], FEATURES).requires_grad_()
    result = F.interpolate(table.permute(0, 3, 1, 2), size=size, mode="bicubic", align_corners=False).permute(0, 2, 3, 1)
    upstream = draw(*result.shape)
    (result * upstream).sum().backward()
    return {
        "grid": grid,
        "size": size,
        "table": listed(table),
        "result": listed(result),
        "upstream": listed(upstream),
        "gradient": listed(table.grad),
    }


golden = {
    "furthest": FURTHEST,
    "buckets": [
        {"bidirectional": both, "buckets": count, "maxDistance": furthest, "changes": changes(buckets(both, count, furthest))}
        for both, count, furthest in BUCKETS
    ],
    "images": [stretched(grid, size) for grid, size in GRIDS],
}
Path(__file__).with_name("positions.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
