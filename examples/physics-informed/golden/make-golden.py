"""Writes golden.json: the losses of 1,000 steps of the physics-informed network of src/burgers.ts in PyTorch, from weights that are in
the file too, and what the network says in the end beside exact values of the solution.

    /usr/bin/python3 examples/physics-informed/golden/make-golden.py

Made with PyTorch 1.13 in float64. The points are grids that src/burgers.ts lays by the same formulas. The exact solution is that of
Cole and Hopf, u(x, t) = -∫ sin π(x - y) f(x - y) e^(-y²/4νt) dy / ∫ f(x - y) e^(-y²/4νt) dy with f(y) = e^(-cos(πy)/2πν), by
Gauss-Hermite quadrature (Basdevant et al., 1986).
"""

import json
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.manual_seed(1)
STEPS, VISCOSITY, HIDDEN, LEARNING_RATE = 1000, 0.1, 12, 0.005


def middles(low, high, count):
    """The middles of equal parts."""
    return [low + (high - low) * (i + 0.5) / count for i in range(count)]


def column(values):
    return torch.tensor(values).reshape(-1, 1)


inside = [(x, t) for x in middles(-1, 1, 10) for t in middles(0, 1, 6)]
start = middles(-1, 1, 16)
edge = [(x, t) for x in (-1.0, 1.0) for t in middles(0, 1, 6)]
x, t = (column([point[axis] for point in inside]).requires_grad_() for axis in (0, 1))

model = torch.nn.Sequential(
    torch.nn.Linear(2, HIDDEN), torch.nn.Tanh(),
    torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.Tanh(),
    torch.nn.Linear(HIDDEN, 1),
)
for layer in model:
    if isinstance(layer, torch.nn.Linear):
        torch.nn.init.xavier_normal_(layer.weight, gain=5 / 3 if layer.out_features > 1 else 1)
        torch.nn.init.zeros_(layer.bias)
        # Few decimals, so that the file is small and exact.
        layer.weight.data = (layer.weight.data * 1e4).round() / 1e4
weights = {name: {"shape": list(value.shape), "data": value.flatten().tolist()} for name, value in model.state_dict().items()}

u = lambda x, t: model(torch.cat([x, t], 1))
initial = column([-np.sin(np.pi * each) for each in start])
optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)


def loss_of_step():
    value = u(x, t)
    by_x, by_t = torch.autograd.grad(value.sum(), [x, t], create_graph=True)
    (by_xx,) = torch.autograd.grad(by_x.sum(), [x], create_graph=True)
    residual = by_t + value * by_x - VISCOSITY * by_xx
    from_start = u(column(start), torch.zeros(len(start), 1)) - initial
    from_edge = u(column([point[0] for point in edge]), column([point[1] for point in edge]))
    return residual.square().mean() + from_start.square().mean() + from_edge.square().mean()


losses = []
for step in range(STEPS):
    loss = loss_of_step()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())


def exact(x, t):
    nodes, factors = np.polynomial.hermite.hermgauss(100)
    y = x - np.sqrt(4 * VISCOSITY * t) * nodes
    f = factors * np.exp(-np.cos(np.pi * y) / (2 * np.pi * VISCOSITY))
    return -(np.sin(np.pi * y) * f).sum() / f.sum()


places = [(x, t) for t in (0.25, 0.5, 0.75, 1.0) for x in middles(-1, 1, 10)]
solution = [{"x": x, "t": t, "u": exact(x, t), "network": u(column([x]), column([t])).item()} for x, t in places]
errors = [place["network"] - place["u"] for place in solution]
print(losses[0], losses[99], losses[-1], "largest error", max(map(abs, errors)))
golden = {"torch": torch.__version__, "weights": weights, "losses": losses, "solution": solution}
Path(__file__).with_name("golden.json").write_text(json.dumps(golden) + "\n")
