"""What scikit-learn's StandardScaler and MinMaxScaler make of a matrix: writes scaler.json beside this file.

    /usr/bin/python3 packages/data/golden/scaler.py

Made with scikit-learn 1.2.1 (Debian package python3-sklearn). The columns have different units; one is constant, of a number that
binary fractions do not have, and one nearly is.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.preprocessing import MinMaxScaler, StandardScaler

random = np.random.default_rng(5)
rows = 40
columns = [
    random.normal(size=rows),
    1e6 + random.normal(size=rows),
    random.uniform(-3, 900, size=rows),
    np.full(rows, 0.1),
    np.full(rows, 0.0),
    np.where(np.arange(rows) == 7, 0.1 + 1e-9, 0.1),
    random.integers(0, 5, size=rows).astype(float),
]
matrix = np.stack(columns, axis=1)
train, test = matrix[:30], matrix[30:] + 0.5
scalers = [({}, StandardScaler())] + [
    ({"method": "minMax", "range": [low, high]}, MinMaxScaler(feature_range=(low, high)))
    for low, high in ((0, 1), (-1, 1), (0.1, 0.9))
]
cases = []
for options, scaler in scalers:
    scaler.fit(train)
    scaled = scaler.transform(test)
    cases.append({
        "options": options,
        "train": scaler.transform(train).ravel().tolist(),
        "test": scaled.ravel().tolist(),
        "inverse": scaler.inverse_transform(scaled).ravel().tolist(),
    })
golden = {"madeWith": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", "columns": len(columns), "fitted": train.ravel().tolist(), "others": test.ravel().tolist(), "cases": cases}
pathlib.Path(__file__).with_name("scaler.json").write_text(json.dumps(golden) + "\n")
