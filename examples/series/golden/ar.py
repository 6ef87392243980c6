"""How far off the forecasts of autoregressive models are, by numpy's least squares: writes ar.json beside this file.

    DL_DATA=FOLDER /usr/bin/python3 examples/series/golden/ar.py

Made with numpy 1.24.2 (Debian package python3-numpy). FOLDER has tabular/airline-passengers.csv.
"""

import json
import os
import pathlib

import numpy as np


def errors(values, learned, taps, horizon, growth):
    """Root mean squares of the error of the next value, and of all up to the horizon, over all places of the test part."""
    x = np.diff(np.log(values)) if growth else values
    offset = 1 if growth else 0
    known = x[:learned - offset]
    center, scale = known.mean(), known.std()
    z = (x - center) / scale
    z_known = z[:learned - offset]
    rows = np.array([np.append(z_known[t - taps:t][::-1], 1) for t in range(taps, len(z_known))])
    solution = np.linalg.lstsq(rows, z_known[taps:], rcond=None)[0]
    squares = []
    for place in range(learned, len(values) - horizon + 1):
        past = list(z[:place - offset])
        for _ in range(horizon):
            past.append(float(np.dot(solution[:taps], past[-1:-1 - taps:-1]) + solution[taps]))
        said = np.array(past[-horizon:]) * scale + center
        if growth:
            said = values[place - 1] * np.exp(np.cumsum(said))
        squares.append((said - values[place:place + horizon]) ** 2)
    squares = np.array(squares)
    return {"next": float(np.sqrt(squares[:, 0].mean())), "ahead": float(np.sqrt(squares.mean()))}


y = [1.2] * 18
while len(y) < 1200:
    y.append(0.9 * y[-1] + 0.2 * y[-18] / (1 + y[-18] ** 10))
file = pathlib.Path(os.environ["DL_DATA"]) / "tabular" / "airline-passengers.csv"
airline = np.array([float(line.split(",")[1]) for line in file.read_text().split()[1:]])
golden = {
    "madeWith": f"numpy {np.__version__}",
    "Mackey-Glass": {**errors(np.array(y[300:]), 600, 18, 30, False), "last": y[-1]},
    "airline passengers": errors(airline, 108, 13, 12, True),
}
pathlib.Path(__file__).with_name("ar.json").write_text(json.dumps(golden) + "\n")
print(golden)
