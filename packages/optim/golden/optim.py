"""Reference numbers for the optimisers, from PyTorch: writes optim.json beside this file.

    /usr/bin/python3 packages/optim/golden/optim.py

Made with PyTorch 1.13: 20 steps of each configuration on a small quadratic and on a small network, in float64 and float32.

Where PyTorch 1.13 departs from papers or from its later versions:
- NAdam has one factor too many in the product of momenta; the class in nadam.py is that of the paper and of later versions.
- RMSprop takes the square of the mean off the mean square, which is below 0 by rounding where the gradient hardly changes: its step is
  NaN then. Here the variance is followed by itself, which is the same number; no case here comes that far.
- Rprop multiplies gradients to see whether the sign changed, which small ones do not survive; there is no such case here.
- RAdam rectifies from a length of 5 on, as its authors' program, where the paper has 4; Adamax adds eps, which the paper has not. Both
  as in later versions, and as here.
formulas-of-papers.test.ts has each formula a second time.
"""

import json
import re
from pathlib import Path

import torch

from nadam import NAdam

STEPS = 20
# L-BFGS divides by differences of gradients: from a dozen iterations on, float32 and float64 part even in PyTorch itself.
STEPS_WITH_CLOSURE_FLOAT32 = 3


def steps(name, dtype):
    return STEPS_WITH_CLOSURE_FLOAT32 if name == "LBFGS" and dtype == torch.float32 else STEPS


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
  ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weightDecay": 0.02, "groups": {"lr": 0.01, "momentum": 0.5, "weightDecay": 0.1}}),
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
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.2, "lrDecay": 0.1, "weightDecay": 0.05, "initialAccumulatorValue": 0.3, "eps": 1e-6}),
    ("Adagrad", {"lr": 0.1, "weightDecay": 0.05, "groups": {"lr": 0.3, "weightDecay": 0.2, "lrDecay": 0.2}}),
  ("Adagrad", {"lr": 0.1, "weightDecay": 0.05, "maximize": True, "groups": {"lr": 0.02, "lrDecay": 0.2}}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weightDecay": 0.1}),
    ("Adadelta", {"eps": 1e-2, "weightDecay": 0.05, "groups": {"lr": 0.3, "rho": 0.5, "weightDecay": 0.1}}),
  ("Adadelta", {"eps": 1e-2, "maximize": True, "groups": {"lr": 0.3, "rho": 0.5, "weightDecay": 0.1}}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weightDecay": 0.1, "momentum": 0.7}),
    # A small eps under a centred spread magnifies what is rounded away when the gradient hardly changes.
    ("RMSprop", {"lr": 0.02, "alpha": 0.8, "eps": 0.01, "centered": True, "momentum": 0.5}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.9, "eps": 0.01, "weightDecay": 0.05, "momentum": 0.6, "groups": {"lr": 0.05, "centered": True, "weightDecay": 0.2, "momentum": 0.3}}),
  ("RMSprop", {"lr": 0.02, "eps": 0.01, "centered": True, "maximize": True, "groups": {"lr": 0.05, "alpha": 0.7, "weightDecay": 0.2, "centered": False}}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.1, "betas": [0.7, 0.8], "eps": 0.01, "weightDecay": 0.1}),
    ("Adamax", {"lr": 0.05, "weightDecay": 0.05, "groups": {"lr": 0.02, "betas": [0.8, 0.9], "weightDecay": 0.5}}),
  ("Adamax", {"lr": 0.05, "maximize": True, "groups": {"lr": 0.02, "betas": [0.8, 0.9], "weightDecay": 0.5}}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.1, "betas": [0.5, 0.7], "eps": 0.01, "weightDecay": 0.1, "momentumDecay": 0.05}),
    ("NAdam", {"lr": 0.05, "weightDecay": 0.05, "groups": {"lr": 0.02, "betas": [0.8, 0.9], "momentumDecay": 0.1}}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.1, "betas": [0.5, 0.7], "eps": 0.01, "weightDecay": 0.1}),
    ("RAdam", {"lr": 0.05, "weightDecay": 0.05, "groups": {"lr": 0.02, "betas": [0.8, 0.9]}}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": [0.3, 1.5], "stepSizes": [0.02, 0.3]}),
    ("Rprop", {"lr": 0.02, "maximize": True, "groups": {"lr": 0.05, "etas": [0.7, 1.1]}}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.1, "lambd": 0.01, "alpha": 0.5, "t0": 5, "weightDecay": 0.05}),
    ("ASGD", {"lr": 0.02, "maximize": True, "groups": {"lr": 0.05, "lambd": 0.1}}),
  ("ASGD", {"lr": 0.05, "weightDecay": 0.1, "groups": {"lr": 0.02, "weightDecay": 0.3, "t0": 5}}),
]

# For the optimisers that ask for the loss themselves: a step is several iterations.
WITH_CLOSURE = [
    {"lr": 0.3, "maxIter": 4},
    {"lr": 0.5, "maxIter": 3, "historySize": 2},
    {"maxIter": 4, "lineSearch": "strong-wolfe"},
    {"maxIter": 6, "maxEval": 5, "historySize": 3, "lineSearch": "strong-wolfe"},
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


def torch_options(ours):
    options = {re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key): value for key, value in ours.items() if key != "groups"}
    if options.pop("line_search", None):
        options["line_search_fn"] = "strong_wolfe"
    return options


def make(name, options, parameters):
    half = len(parameters) // 2
    if "groups" in options:
        parameters = [{"params": parameters[:half]}, {"params": parameters[half:], **torch_options(options["groups"])}]
    return (NAdam if name == "NAdam" else getattr(torch.optim, name))(parameters, **torch_options(options))


def quadratic(name, options, dtype):
    A, b = (torch.tensor(QUADRATIC[key], dtype=dtype) for key in "Ab")
    # Two parameters, so that groups can differ; f does not separate into them.
    start = torch.tensor(QUADRATIC["x0"], dtype=dtype)
    parameters = [start[:2].clone().requires_grad_(), start[2:].clone().requires_grad_()]
    optimizer = make(name, options, parameters)
    path = []
    for _ in range(steps(name, dtype)):
        def closure():
            optimizer.zero_grad()
            x = torch.cat(parameters)
            loss = 0.5 * (x @ A @ x) - b @ x
            loss.backward()
            return loss

        optimizer.step(closure)
        path.append([value for parameter in parameters for value in parameter.tolist()])
    return path


def network(name, options, dtype):
    x, y = (torch.tensor(NETWORK[key], dtype=dtype) for key in "xy")
    parameters = [torch.tensor(value, dtype=dtype, requires_grad=True) for value in NETWORK["parameters"]]
    w1, b1, w2, b2 = parameters
    optimizer = make(name, options, parameters)
    losses = []
    for _ in range(steps(name, dtype)):
        def closure():
            optimizer.zero_grad()
            loss = ((torch.tanh(x @ w1.T + b1) @ w2.T + b2 - y) ** 2).mean()
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).item())
    return {"losses": losses, "parameters": [parameter.flatten().tolist() for parameter in parameters]}


def main():
    cases = []
    for name, options in CONFIGURATIONS + [("LBFGS", options) for options in WITH_CLOSURE]:
        case = {"optimizer": name, "options": options}
        for dtype in (torch.float64, torch.float32):
            # Some optimisers keep numbers as tensors of the default dtype.
            torch.set_default_dtype(dtype)
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
