"""Coefficients of autoregressive models by numpy's least squares, and what they forecast: writes ar.json beside this file.

    /usr/bin/python3 packages/rnn/golden/ar.py

Made with numpy 1.24.2 (Debian package python3-numpy). Where a series leaves a choice (a wave without noise, a constant), lstsq gives
the coefficients of least norm.
"""

import json
import pathlib

import numpy as np

random = np.random.default_rng(7)


def process(coefficients, intercept, count):
    y = [0.0] * len(coefficients)
    for _ in range(count):
        y.append(intercept + sum(a * y[-1 - lag] for lag, a in enumerate(coefficients)) + random.normal())
    return np.array(y[len(coefficients):])


def fit(y, order, intercept):
    rows = [np.concatenate([y[t - order:t][::-1], [1.0] if intercept else []]) for t in range(order, len(y))]
    solution = np.linalg.lstsq(np.array(rows), y[order:], rcond=None)[0]
    return solution[:order], solution[order] if intercept else 0.0


def forecast(y, coefficients, intercept, steps):
    known = list(y)
    for _ in range(steps):
        known.append(intercept + float(np.dot(coefficients, known[-1:-1 - len(coefficients):-1])))
    return known[len(y):]


months = np.arange(120)
season = (100 + 2 * months) * (1 + 0.2 * np.sin(2 * np.pi * months / 12)) + random.normal(size=120)
noisy = process([0.5, -0.3, 0.2], 1.5, 150)
series = [
    ("a process of order 3", noisy, [1, 3, 5]),
    ("trend and season", season, [1, 12]),
    ("far from zero", 1e4 + noisy, [3]),
    ("a wave", 10 + np.sin(np.arange(60) / 3), [2, 6]),
    ("a constant", np.full(30, 4.5), [3]),
]
cases = []
for name, y, orders in series:
    for order in orders:
        for intercept in (True, False):
            coefficients, constant = fit(y, order, intercept)
            cases.append({
                "series": name,
                "order": order,
                "intercept": intercept,
                "coefficients": coefficients.tolist(),
                "constant": float(constant),
                "forecast": forecast(y, coefficients, constant, 8),
            })
golden = {"madeWith": f"numpy {np.__version__}", "series": {name: y.tolist() for name, y, _ in series}, "cases": cases}
pathlib.Path(__file__).with_name("ar.json").write_text(json.dumps(golden) + "\n")
