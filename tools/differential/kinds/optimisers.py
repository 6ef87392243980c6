"""The path of an optimiser along given gradients, in float64, and of clipping before its steps."""

import re
import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parents[3] / "packages" / "optim" / "golden"))
from nadam import NAdam  # noqa: E402


def optimisers(case):
    torch.set_default_dtype(torch.float64)
    parameters = [torch.tensor(values, dtype=torch.float64, requires_grad=True) for values in case["start"]]
    options = {re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key): value for key, value in case["options"].items()}
    groups = [{"params": [parameter], **({"lr": lr} if lr is not None else {})} for parameter, lr in zip(parameters, case["lrs"])]
    # PyTorch 1.13 has one factor too many in the product of momenta.
    make = NAdam if case["optimizer"] == "NAdam" else getattr(torch.optim, case["optimizer"])
    optimizer = make(groups, **options)
    path, norms = [], []
    for gradients in case["gradients"]:
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = None if gradient is None else torch.tensor(gradient, dtype=torch.float64)
        clip = case["clip"]
        if clip and "value" in clip:
            torch.nn.utils.clip_grad_value_(parameters, clip["value"])
        elif clip:
            order = float(clip["order"])
            norms.append(torch.nn.utils.clip_grad_norm_(parameters, clip["norm"], norm_type=order))
        optimizer.step(lambda: None)
        path.append([parameter.detach().clone() for parameter in parameters])
    return {"path": path, "norms": norms}
