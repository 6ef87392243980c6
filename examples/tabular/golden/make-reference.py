"""Writes reference.json: what scikit-learn and PyTorch reach on the same rows, folds, networks and numbers of steps.

    /usr/bin/python3 examples/tabular/golden/make-reference.py FOLDER-OF-THE-TABLES

Row i is tested in fold i mod 5. Features (and targets of the regression) are scaled to mean 0 and deviation 1 of the training rows.
Each figure is the mean over the five folds; it is computed with ten seeds, whose mean and deviation are written.
"""

import csv
import json
import pathlib
import sys
import warnings

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
folder = pathlib.Path(sys.argv[1])
FOLDS, SEEDS = 5, 10


def scaled(train, test):
    mean, std = train.mean(0), train.std(0)
    return (train - mean) / std, (test - mean) / std


def folds(x, y):
    part = np.arange(len(x)) % FOLDS
    for fold in range(FOLDS):
        yield x[part != fold], y[part != fold], x[part == fold], y[part == fold]


def penguins():
    rows = list(csv.reader(open(folder / "penguins.csv")))[1:]
    rows = [row for row in rows if all(row[2:6])]
    species = sorted({row[0] for row in rows})
    return np.array([row[2:6] for row in rows], float), np.array([species.index(row[0]) for row in rows])


def classify(seed):
    scores = []
    for x, y, x_test, y_test in folds(*penguins()):
        x, x_test = scaled(x, x_test)
        net = MLPClassifier(
            (16,), activation="tanh", solver="adam", alpha=0, batch_size=32, learning_rate_init=0.01,
            max_iter=15, tol=0, n_iter_no_change=1000, random_state=seed,
        )
        scores.append(net.fit(x, y).score(x_test, y_test))
    return np.mean(scores)


def regress(seed):
    torch.manual_seed(seed)
    table = np.array(list(csv.reader(open(folder / "winequality-red.csv"))), float)
    rmse, r2 = [], []
    for x, y, x_test, y_test in folds(table[:, :-1], table[:, -1:]):
        (x, x_test), (y, scaled_test) = scaled(x, x_test), scaled(y, y_test)
        x, y, x_test = (torch.tensor(a, dtype=torch.float32) for a in (x, y, x_test))
        net = torch.nn.Sequential(torch.nn.Linear(11, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
        opt = torch.optim.Adam(net.parameters(), lr=0.003)
        for _ in range(15):
            for rows in torch.randperm(len(x)).split(32):
                opt.zero_grad()
                torch.nn.functional.mse_loss(net(x[rows]), y[rows]).backward()
                opt.step()
        error = net(x_test).detach().numpy() - scaled_test
        rmse.append(np.sqrt((error**2).mean()))
        r2.append(1 - (error**2).sum() / ((scaled_test - scaled_test.mean()) ** 2).sum())
    return np.mean(rmse), np.mean(r2)


def summary(values):
    return {"mean": round(float(np.mean(values)), 5), "std": round(float(np.std(values, ddof=1)), 5)}


accuracy = [classify(seed) for seed in range(SEEDS)]
regression = np.array([regress(seed) for seed in range(SEEDS)])
reference = {
    "penguins": {"accuracy": summary(accuracy)},
    "wine": {"rmse": summary(regression[:, 0]), "r2": summary(regression[:, 1])},
}
(pathlib.Path(__file__).parent / "reference.json").write_text(json.dumps(reference, indent=2) + "\n")
