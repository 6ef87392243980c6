"""Reference numbers for the losses, from PyTorch: writes losses.json beside this file.

    /usr/bin/python3 packages/layers/golden/losses.py

Made with PyTorch 1.13 in float64. Inputs have few decimals, so that the file stays small and exact. Each case has the arguments of
the loss's forward, the loss without reduction, and for every reduction its value and the gradients of all arguments that have one.
"""

import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(11)

PYTORCH_NAMES = {
    "labelSmoothing": "label_smoothing",
    "ignoreIndex": "ignore_index",
    "posWeight": "pos_weight",
    "logTarget": "log_target",
    "logInput": "log_input",
    "zeroInfinity": "zero_infinity",
}
# Whose last argument says which side something is on, and is not differentiated.
WITH_SIDES = ["HingeEmbeddingLoss", "SoftMarginLoss", "MarginRankingLoss", "CosineEmbeddingLoss"]

def real(*shape, low=-150, high=150):
    """Random numbers with three decimals, the last a 5: none of them 0, and none at a kink."""
    return (torch.randint(low, high, shape, generator=generator).double() + 0.5) / 100

def positive(*shape):
    return real(*shape, low=5, high=200)

def part(*shape):
    """Numbers between 0 and 1."""
    return real(*shape, low=1, high=99)

def rows(*shape, axis=1):
    """Probabilities along an axis, with few digits."""
    parts = torch.randint(1, 9, shape, generator=generator).double()
    return torch.round(parts / parts.sum(axis, keepdim=True), decimals=3)

def logs(*shape, axis=1):
    """Logarithms of probabilities, with few digits; not quite adding up to 1, which no loss asks for."""
    return torch.round(torch.log_softmax(real(*shape) * 2, axis), decimals=3)

def signs(*shape):
    return torch.randint(0, 2, shape, generator=generator).double() * 2 - 1

def classes(count, *shape):
    return torch.randint(0, count, shape, generator=generator)

def sparse_rows():
    p = rows(4, 5)
    p[0, 1] = p[2, 3] = 0
    return p

def ignoring(labels, *places):
    for place in places:
        labels[place] = -1
    return labels


# Loss, options by our names (tensors among them), arguments: those that are differentiated are floats.
CASES = [
    ("MSELoss", {}, [real(3, 4), real(3, 4)]),
    ("L1Loss", {}, [real(3, 4), real(3, 4)]),
    ("HuberLoss", {}, [real(3, 5) * 2, real(3, 5)]),
    ("HuberLoss", {"delta": 0.7}, [real(12), real(12)]),
    ("SmoothL1Loss", {}, [real(3, 5) * 2, real(3, 5)]),
    ("SmoothL1Loss", {"beta": 0.4}, [real(12), real(12)]),
    ("SmoothL1Loss", {"beta": 0}, [real(4), real(4)]),
    ("CrossEntropyLoss", {}, [real(5, 4), classes(4, 5)]),
    ("CrossEntropyLoss", {"weight": positive(4)}, [real(5, 4), classes(4, 5)]),
    ("CrossEntropyLoss", {"ignoreIndex": -1}, [real(5, 4), ignoring(classes(4, 5), 1, 3)]),
    ("CrossEntropyLoss", {"ignoreIndex": 2}, [real(6, 4), torch.tensor([0, 2, 1, 3, 2, 0])]),
    ("CrossEntropyLoss", {"labelSmoothing": 0.2}, [real(5, 4), classes(4, 5)]),
    (
        "CrossEntropyLoss",
        {"weight": positive(4), "ignoreIndex": -1, "labelSmoothing": 0.1},
        [real(5, 4), ignoring(classes(4, 5), 0)],
    ),
    ("CrossEntropyLoss", {}, [real(2, 3, 4), classes(3, 2, 4)]),
    (
        "CrossEntropyLoss",
        {"weight": positive(3), "ignoreIndex": -1, "labelSmoothing": 0.3},
        [real(2, 3, 2, 2), ignoring(classes(3, 2, 2, 2), (0, 1, 1), (1, 0, 0))],
    ),
    ("CrossEntropyLoss", {}, [real(4, 3), rows(4, 3)]),
    ("CrossEntropyLoss", {"weight": positive(3), "labelSmoothing": 0.25}, [real(4, 3), rows(4, 3)]),
    ("CrossEntropyLoss", {"weight": positive(3), "labelSmoothing": 0.25}, [real(2, 3, 4), rows(2, 3, 4)]),
    # One example, without a batch.
    ("CrossEntropyLoss", {}, [real(4), torch.tensor(2)]),
    ("CrossEntropyLoss", {"weight": positive(4), "labelSmoothing": 0.2}, [real(4), torch.tensor(1)]),
    ("CrossEntropyLoss", {"ignoreIndex": 3}, [real(4), torch.tensor(1)]),
    ("CrossEntropyLoss", {"weight": positive(3), "labelSmoothing": 0.25}, [real(3), rows(3, axis=0)]),
    ("NLLLoss", {"weight": positive(4)}, [logs(4, axis=0), torch.tensor(3)]),
    ("MultiMarginLoss", {"p": 2}, [real(4), torch.tensor(0)]),
    ("CosineEmbeddingLoss", {"margin": 0.1}, [real(4), real(4), torch.tensor(-1.0)]),
    ("TripletMarginLoss", {}, [real(4), real(4), real(4)]),
    ("NLLLoss", {}, [logs(5, 4), classes(4, 5)]),
    ("NLLLoss", {"weight": positive(4)}, [logs(5, 4), classes(4, 5)]),
    ("NLLLoss", {"ignoreIndex": -1}, [logs(5, 4), ignoring(classes(4, 5), 1, 3)]),
    ("NLLLoss", {"weight": positive(3), "ignoreIndex": -1}, [logs(2, 3, 4), ignoring(classes(3, 2, 4), (0, 1))]),
    ("KLDivLoss", {}, [logs(4, 5), sparse_rows()]),
    ("KLDivLoss", {"logTarget": True}, [logs(4, 5), logs(4, 5)]),
    ("BCELoss", {}, [part(3, 4), part(3, 4)]),
    ("BCELoss", {"weight": positive(4)}, [part(3, 4), part(3, 4)]),
    ("BCEWithLogitsLoss", {}, [real(3, 4) * 4, part(3, 4)]),
    ("BCEWithLogitsLoss", {}, [torch.tensor([-120.0, 120.0, 40.0, -40.0]), torch.tensor([1.0, 0.0, 1.0, 0.0])]),
    ("BCEWithLogitsLoss", {"weight": positive(3, 1), "posWeight": positive(4)}, [real(3, 4), part(3, 4)]),
    ("HingeEmbeddingLoss", {}, [positive(8), signs(8)]),
    ("HingeEmbeddingLoss", {"margin": 0.5}, [real(3, 4), signs(3, 4)]),
    ("SoftMarginLoss", {}, [real(3, 4) * 9, signs(3, 4)]),
    ("MultiMarginLoss", {}, [real(5, 4), classes(4, 5)]),
    ("MultiMarginLoss", {"p": 2, "margin": 0.7, "weight": positive(4)}, [real(5, 4), classes(4, 5)]),
    ("MarginRankingLoss", {}, [real(8), real(8) + 0.003, signs(8)]),
    ("MarginRankingLoss", {"margin": 0.4}, [real(8), real(8), signs(8)]),
    ("CosineEmbeddingLoss", {}, [real(8, 3), real(8, 3), signs(8)]),
    ("CosineEmbeddingLoss", {"margin": 0.3}, [real(8, 3), real(8, 3), signs(8)]),
    ("TripletMarginLoss", {}, [real(6, 4), real(6, 4), real(6, 4)]),
    ("TripletMarginLoss", {"margin": 2, "p": 1, "swap": True}, [real(6, 4), real(6, 4), real(6, 4)]),
    ("TripletMarginLoss", {"p": 3, "eps": 1e-3}, [real(6, 4), real(6, 4), real(6, 4)]),
    ("PoissonNLLLoss", {}, [real(3, 4), classes(5, 3, 4).double()]),
    ("PoissonNLLLoss", {"full": True}, [real(3, 4), classes(5, 3, 4).double()]),
    ("PoissonNLLLoss", {"logInput": False, "eps": 0.01}, [positive(3, 4), classes(5, 3, 4).double()]),
    ("GaussianNLLLoss", {}, [real(3, 4), real(3, 4), positive(3, 4)]),
    ("GaussianNLLLoss", {"full": True, "eps": 0.9}, [real(3, 4), real(3, 4), positive(3, 1)]),
    ("GaussianNLLLoss", {}, [real(3, 4), real(3, 4), positive(3)]),
    ("CTCLoss", {}, [logs(7, 3, 5, axis=2), torch.tensor([[1, 2, 3], [2, 2, 0], [4, 0, 0]]), [7, 6, 4], [3, 2, 1]]),
    ("CTCLoss", {"blank": 4}, [logs(5, 2, 5, axis=2), torch.tensor([[1, 1], [0, 3]]), [5, 5], [2, 2]]),
    ("CTCLoss", {"zeroInfinity": True}, [logs(3, 2, 4, axis=2), torch.tensor([[1, 1, 2], [3, 2, 1]]), [3, 3], [3, 3]]),
    ("CTCLoss", {"blank": 1}, [logs(6, 3, 4, axis=2), torch.tensor([0, 2, 2, 3]), [6, 5, 4], [1, 0, 3]]),
    ("CTCLoss", {}, [logs(6, 4, axis=1), torch.tensor([3, 1, 1]), [6], [3]]),
    ("CTCLoss", {}, [logs(4, 2, 3, axis=2), torch.tensor([[1, 2], [0, 0]]), [4, 3], [2, 0]]),
    ("MultiLabelSoftMarginLoss", {}, [real(3, 4) * 4, classes(2, 3, 4).double()]),
    ("MultiLabelSoftMarginLoss", {"weight": positive(4)}, [real(3, 4), part(3, 4)]),
    ("MultiLabelSoftMarginLoss", {}, [real(5), classes(2, 5)]),
    # As many right classes as there are, then -1; what follows is ignored.
    ("MultiLabelMarginLoss", {}, [real(3, 4), torch.tensor([[3, 0, -1, 1], [2, -1, -1, -1], [0, 1, 2, 3]])]),
    ("MultiLabelMarginLoss", {}, [real(2, 3), torch.tensor([[-1, 0, 1], [1, 1, -1]])]),
    ("MultiLabelMarginLoss", {}, [real(4), torch.tensor([2, 1, -1, 0])]),
    # Whole numbers as targets.
    ("L1Loss", {}, [real(6), classes(4, 6)]),
    ("SmoothL1Loss", {}, [real(6), classes(4, 6)]),
    ("PoissonNLLLoss", {"full": True}, [real(3, 4), classes(5, 3, 4)]),
    ("HingeEmbeddingLoss", {}, [positive(6), signs(6).long()]),
    ("SoftMarginLoss", {}, [real(6), signs(6).long()]),
    ("MarginRankingLoss", {"margin": 0.4}, [real(6), real(6), signs(6).long()]),
    ("CosineEmbeddingLoss", {"margin": 0.3}, [real(6, 3), real(6, 3), signs(6).long()]),
    # At the margin, and at equals.
    ("HingeEmbeddingLoss", {"margin": 1.5}, [torch.tensor([1.5, 1.5, 0.0]), torch.tensor([-1.0, 1.0, -1.0])]),
    ("MarginRankingLoss", {"margin": 0.5}, [torch.tensor([1.0, 1.0]), torch.tensor([0.5, 1.5]), torch.tensor([1.0, -1.0])]),
    ("MarginRankingLoss", {}, [torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0]), torch.tensor([1.0, -1.0])]),
    ("CosineEmbeddingLoss", {}, [torch.tensor([[1.0, 0.0], [3.0, 1.0]]), torch.tensor([[0.0, 2.0], [-1.0, 3.0]]), torch.tensor([-1.0, -1.0])]),
    ("TripletMarginLoss", {"margin": 0}, [torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 2.0]]), torch.tensor([[0.0, 2.0]])]),
    ("TripletMarginLoss", {"swap": True}, [torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 0.5]])]),
    ("MultiMarginLoss", {}, [torch.tensor([[2.0, 1.0, 0.5]]), torch.tensor([0])]),
    ("MultiLabelMarginLoss", {}, [torch.tensor([[2.0, 1.0, 0.5]]), torch.tensor([[0, -1, 1]])]),
    ("L1Loss", {}, [torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0])]),
    ("HuberLoss", {"delta": 0.5}, [torch.tensor([0.5, -0.5, 0.0]), torch.tensor([0.0, 0.0, 0.0])]),
]

def values(tensor):
    dtype = "float" if tensor.is_floating_point() else "int"
    data = tensor.detach().flatten().tolist()
    return {"shape": list(tensor.shape), dtype: [float(f"{value:.14g}") if dtype == "float" else value for value in data]}

def case(name, options, arguments):
    pytorch = {PYTORCH_NAMES.get(key, key): value for key, value in options.items()}
    answers = {}
    for reduction in ["none", "sum", "mean", *(["batchmean"] if name == "KLDivLoss" else [])]:
        loss = getattr(nn, name)(**pytorch, reduction=reduction)
        leaves = [
            value.clone().requires_grad_() if torch.is_tensor(value) and value.is_floating_point() else value
            for value in arguments
        ]
        if name in WITH_SIDES:
            leaves[-1] = arguments[-1]
        if name == "CTCLoss":
            # PyTorch's gradient takes it for granted that a log_softmax comes before.
            y = loss(torch.log_softmax(leaves[0], -1), *leaves[1:])
        else:
            y = loss(*leaves)
        # One weight for each loss, so that a gradient shows where it comes from.
        y.backward(torch.linspace(0.5, 1.5, y.numel()).reshape(y.shape))
        # The gradient of 0 log 0 is no number in PyTorch; only klDiv has one.
        gradients = [
            values(leaf.grad) if torch.is_tensor(leaf) and leaf.grad is not None and leaf.grad.isfinite().all() else None
            for leaf in leaves
        ]
        answers[reduction] = {"y": values(y), "gradients": gradients}
    tensors = lambda value: values(value) if torch.is_tensor(value) else value
    return {
        "loss": name,
        "options": {key: tensors(value) for key, value in options.items()},
        "arguments": [tensors(value) for value in arguments],
        "answers": answers,
    }

lines = ",\n".join(json.dumps(case(*each), separators=(",", ":")) for each in CASES)
Path(__file__).with_suffix(".json").write_text(f"[\n{lines}\n]\n")
