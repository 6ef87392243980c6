"""Reference numbers for the optimisers, from PyTorch: writes optim.json beside this file.

    /usr/bin/python3 packages/optim/golden/optim.py

Made with PyTorch 1.13: 20 steps of each configuration on a small quadratic and on a small network, in float64 and float32.
"""

import json
from pathlib import Path

import torch

STEPS = 20

# Optimiser, options by our names; with "groups" the second half of the parameters gets options of its own.
CONFIGURATIONS = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True}),
    ("SGD", {"lr": 0.05, "weightDecay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.7, "dampening": 0.1, "weightDecay": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.7, "nesterov": True, "weightDecay": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "groups": {"lr": 0.01, "weightDecay": 0.1}}),
    ("SGD", {"lr": 0.02, "momentum": 0.5, "weightDecay": 0.05, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "betas": [0.5, 0.7], "eps": 0.01}),
    ("Adam", {"lr": 0.1, "weightDecay": 0.1}),
    ("Adam", {"lr": 0.1, "betas": [0.5, 0.6], "amsgrad": True}),
    ("Adam", {"lr": 0.1, "weightDecay": 0.05, "amsgrad": True, "groups": {"lr": 0.02, "betas": [0.8, 0.9], "amsgrad": False}}),
    ("Adam", {"lr": 0.05, "weightDecay": 0.05, "maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weightDecay": 0.3}),
    ("AdamW", {"lr": 0.1, "betas": [0.5, 0.7], "eps": 0.01, "weightDecay": 0}),
    ("AdamW", {"lr": 0.1, "betas": [0.5, 0.6], "weightDecay": 0.1, "amsgrad": True}),
    ("AdamW", {"lr": 0.05, "weightDecay": 0.1, "maximize": True, "groups": {"lr": 0.02, "betas": [0.8, 0.9], "weightDecay": 0.5}}),
]

# f(x) = ½ xᵀAx - bᵀx, from x0.
QUADRATIC = {"A": [[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 4.0]], "b": [1.0, -2.0, 0.5], "x0": [3.0, -1.0, 2.0]}

# mean((tanh(x W1ᵀ + b1) W2ᵀ + b2 - y)²)
NETWORK = {
    "x": [[0.5, -1.0, 0.25], [1.5, 0.75, -0.5], [-0.25, 0.5, 1.0], [-1.0, -0.75, 0.5], [0.0, 1.25, -1.5]],
    "y": [[1.0, -0.5], [0.25, 0.75], [-1.0, 0.5], [0.5, 0.0], [-0.75, 1.0]],
    "parameters": [
        [[0.3, -0.6, 0.1], [0.8, 0.2, -0.5], [-0.4, 0.7, 0.6], [0.1, -0.2, 0.9]],
        [0.1, -0.3, 0.2, 0.0],
        [[0.5, -0.1, 0.4, -0.7], [-0.3, 0.6, 0.2, 0.8]],
        [0.2, -0.1],
    ],
}


def make(name, options, parameters):
    def torch_options(ours):
        return {"weight_decay" if key == "weightDecay" else key: value for key, value in ours.items() if key != "groups"}

    half = len(parameters) // 2
    if "groups" in options:
        parameters = [{"params": parameters[:half]}, {"params": parameters[half:], **torch_options(options["groups"])}]
    return getattr(torch.optim, name)(parameters, **torch_options(options))


def quadratic(name, options, dtype):
    A, b = (torch.tensor(QUADRATIC[key], dtype=dtype) for key in "Ab")
    # Two parameters, so that groups can differ; f does not separate into them.
    start = torch.tensor(QUADRATIC["x0"], dtype=dtype)
    parameters = [start[:2].clone().requires_grad_(), start[2:].clone().requires_grad_()]
    optimizer = make(name, options, parameters)
    path = []
    for _ in range(STEPS):
        x = torch.cat(parameters)
        (0.5 * (x @ A @ x) - b @ x).backward()
        optimizer.step()
        optimizer.zero_grad()
        path.append([value for parameter in parameters for value in parameter.tolist()])
    return path


def network(name, options, dtype):
    x, y = (torch.tensor(NETWORK[key], dtype=dtype) for key in "xy")
    parameters = [torch.tensor(value, dtype=dtype, requires_grad=True) for value in NETWORK["parameters"]]
    w1, b1, w2, b2 = parameters
    optimizer = make(name, options, parameters)
    losses = []
    for _ in range(STEPS):
        loss = ((torch.tanh(x @ w1.T + b1) @ w2.T + b2 - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return {"losses": losses, "parameters": [parameter.flatten().tolist() for parameter in parameters]}


def main():
    cases = []
    for name, options in CONFIGURATIONS:
        case = {"optimizer": name, "options": options}
        for dtype in (torch.float64, torch.float32):
            path = quadratic(name, options, dtype)
            key = str(dtype).split(".")[1]
            case[key] = {"quadratic": path if dtype == torch.float64 else path[-1:], "network": network(name, options, dtype)}
        cases.append(case)
    compact = {"separators": (",", ":")}
    lines = ",\n".join(json.dumps(case, **compact) for case in cases)
    problems = json.dumps({"quadratic": QUADRATIC, "network": NETWORK}, **compact)
    text = f'{{"steps":{STEPS},"problems":{problems},\n"cases":[\n{lines}\n]}}\n'
    Path(__file__).with_suffix(".json").write_text(text)


main()
