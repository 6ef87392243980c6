"""Reference numbers for gradients of rows, from PyTorch: writes sparse.json beside this file.

    /usr/bin/python3 packages/optim/golden/sparse.py

Made with PyTorch 1.13: 20 steps of SGD, Adagrad and SparseAdam on a table of which each step looks up a few rows, some of them several
times, with F.embedding(sparse=True); in float64 and float32. A step has one batch or several; gradients are clipped by their norm or
by value. PyTorch 1.13's clip_grad_norm_ returns the norm of a sparse gradient and leaves the gradient as it is, since it scales a detached
copy; its clip_grad_value_ takes none. Here the values of the coalesced gradient are clipped by the formulas of these functions.
"""

import json
import random
import re
from pathlib import Path

import torch
import torch.nn.functional as F

STEPS = 20
ROWS = 7
FEATURES = 3
WORDS = 5

# Optimiser, options by our names, and what happens around the step.
CONFIGURATIONS = [
    ("SGD", {"lr": 0.1}, {}),
    ("SGD", {"lr": 0.1, "maximize": True}, {"batches": 2}),
    ("SGD", {"lr": 0.1}, {"batches": 3, "clipGradNorm": 0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}, {"paddingIndex": 2}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}, {"batches": 2, "clipGradValue": 0.2}),
    ("Adagrad", {}, {}),
    ("Adagrad", {"lr": 0.2, "lrDecay": 0.1, "initialAccumulatorValue": 0.3, "eps": 1e-6}, {"batches": 2, "paddingIndex": 2}),
    ("Adagrad", {"lr": 0.2, "maximize": True}, {"clipGradNorm": 0.3, "clipGradValue": 0.2}),
    ("SparseAdam", {}, {}),
    ("SparseAdam", {"lr": 0.1, "betas": [0.5, 0.7], "eps": 0.01}, {"batches": 3}),
    ("SparseAdam", {"lr": 0.1}, {"batches": 2, "paddingIndex": 2, "clipGradNorm": 0.5}),
    ("SparseAdam", {"lr": 0.05, "maximize": True}, {"clipGradValue": 0.1}),
]


def problem():
    draw = random.Random(1)
    number = lambda: round(draw.uniform(-1, 1), 3)
    batches = 3 * STEPS
    return {
        "table": [[number() for _ in range(FEATURES)] for _ in range(ROWS)],
        # A row that comes rarely, so that what it remembers grows old.
        "words": [[draw.choice([0, 1, 1, 2, 3, 4, 5, 5] if i % 7 else range(ROWS)) for _ in range(WORDS)] for i in range(batches)],
        "targets": [[[number() for _ in range(FEATURES)] for _ in range(WORDS)] for _ in range(batches)],
    }


def train(problem, name, options, around, dtype):
    table = torch.tensor(problem["table"], dtype=dtype, requires_grad=True)
    options = {re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key): value for key, value in options.items()}
    optimizer = getattr(torch.optim, name)([table], **options)
    path = []
    for step in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        for batch in range(around.get("batches", 1)):
            words = torch.tensor(problem["words"][3 * step + batch])
            targets = torch.tensor(problem["targets"][3 * step + batch], dtype=dtype)
            rows = F.embedding(words, table, padding_idx=around.get("paddingIndex"), sparse=True)
            # Its gradients depend on where the rows are, and stay bounded wherever they go.
            (rows - targets).cos().sum().neg().backward()
        assert table.grad.is_sparse
        table.grad = table.grad.coalesce()
        if "clipGradValue" in around:
            table.grad._values().clamp_(-around["clipGradValue"], around["clipGradValue"])
        if "clipGradNorm" in around:
            norm = table.grad.to_dense().norm()
            table.grad._values().mul_(torch.clamp(around["clipGradNorm"] / (norm + 1e-6), max=1.0))
        optimizer.step()
        path.append(table.flatten().tolist())
    return path


def main():
    given = problem()
    cases = []
    for name, options, around in CONFIGURATIONS:
        case = {"optimizer": name, "options": options, "around": around}
        for dtype in (torch.float64, torch.float32):
            path = train(given, name, options, around, dtype)
            case[str(dtype).split(".")[1]] = path if dtype == torch.float64 else path[-1:]
        cases.append(case)
    compact = {"separators": (",", ":")}
    lines = ",\n".join(json.dumps(case, **compact) for case in cases)
    text = f'{{"steps":{STEPS},"problem":{json.dumps(given, **compact)},\n"cases":[\n{lines}\n]}}\n'
    assert "Infinity" not in text and "NaN" not in text
    Path(__file__).with_suffix(".json").write_text(text)


main()
