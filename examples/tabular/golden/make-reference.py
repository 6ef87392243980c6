"""Writes reference.json: what PyTorch and scikit-learn reach on the same rows, folds, networks and numbers of steps.

    /usr/bin/python3 examples/tabular/golden/make-reference.py FOLDER-OF-THE-TABLES

Row i is tested in fold i mod 5. Features, and the targets of a regression, are scaled to mean 0 and deviation 1 of the training rows;
its errors are given in the unit of the table. Each figure is the mean over the five folds. It is computed with thirty seeds, whose
mean and deviation are written. PyTorch starts its weights as this library does, scikit-learn in its own way.
"""

import csv
import json
import pathlib
import sys
import warnings

import numpy as np
import sklearn
import torch
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
folder = pathlib.Path(sys.argv[1])
FOLDS, SEEDS, EPOCHS, BATCH = 5, 30, 15, 32


def rows_of(name):
    return list(csv.reader(open(folder / name)))


def penguins():
    rows = [row for row in rows_of("penguins.csv")[1:] if all(row[2:6])]
    species = sorted({row[0] for row in rows})
    return np.array([row[2:6] for row in rows], float), np.array([species.index(row[0]) for row in rows])


def banknotes():
    table = np.array(rows_of("banknote_authentication.csv"), float)
    return table[:, :4], table[:, 4].astype(int)


def red_wine():
    table = np.array(rows_of("winequality-red.csv"), float)
    return table[:, :-1], table[:, -1:]


def abalone():
    rows = rows_of("abalone.csv")
    sex = [[float(row[0] == each) for each in "FIM"] for row in rows]
    numbers = np.array([row[1:] for row in rows], float)
    return np.hstack([sex, numbers[:, :-1]]), numbers[:, -1:]


def scale(train, test):
    mean, std = train.mean(0), train.std(0)
    return (train - mean) / std, (test - mean) / std


def folds(x, y):
    part = np.arange(len(x)) % FOLDS
    for fold in range(FOLDS):
        yield x[part != fold], y[part != fold], x[part == fold], y[part == fold]


def trained(sizes, activation, lr, x, y, loss):
    """A network of PyTorch after so many epochs."""
    inputs, hidden, outputs = sizes
    net = torch.nn.Sequential(torch.nn.Linear(inputs, hidden), activation(), torch.nn.Linear(hidden, outputs))
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            loss(net(x[rows]), y[rows]).backward()
            optimizer.step()
    return net


def options(hidden, activation, lr, seed):
    """The same for scikit-learn."""
    return dict(
        hidden_layer_sizes=(hidden,), activation=activation, solver="adam", alpha=0, batch_size=BATCH, learning_rate_init=lr,
        max_iter=EPOCHS, tol=0, n_iter_no_change=1000, random_state=seed,
    )


def classify(table, hidden, lr, seed, library):
    torch.manual_seed(seed)
    figures = []
    for x, y, x_test, y_test in folds(*table()):
        x, x_test = scale(x, x_test)
        classes = y.max() + 1
        if library == "torch":
            net = trained((x.shape[1], hidden, classes), torch.nn.Tanh, lr, torch.tensor(x).float(), torch.tensor(y), torch.nn.functional.cross_entropy)
            shares = torch.softmax(net(torch.tensor(x_test).float()), 1).detach().double().numpy()
            shares /= shares.sum(1, keepdims=True)
        else:
            shares = MLPClassifier(**options(hidden, "tanh", lr, seed)).fit(x, y).predict_proba(x_test)
        figures.append([(shares.argmax(1) == y_test).mean(), log_loss(y_test, shares, labels=range(classes))])
    return dict(zip(["accuracy", "loss"], np.mean(figures, 0)))


def regress(table, hidden, lr, seed, library):
    torch.manual_seed(seed)
    figures = []
    for x, y, x_test, y_test in folds(*table()):
        x, x_test = scale(x, x_test)
        mean, unit = y.mean(), y.std()
        y = (y - mean) / unit
        if library == "torch":
            net = trained((x.shape[1], hidden, 1), torch.nn.ReLU, lr, torch.tensor(x).float(), torch.tensor(y).float(), torch.nn.functional.mse_loss)
            answer = net(torch.tensor(x_test).float()).detach().numpy()
        else:
            answer = MLPRegressor(**options(hidden, "relu", lr, seed)).fit(x, y.ravel()).predict(x_test)[:, None]
        square = ((answer * unit + mean - y_test) ** 2).mean()
        figures.append([np.sqrt(square), 1 - square / y_test.var()])
    return dict(zip(["rmse", "r2"], np.mean(figures, 0)))


def summary(runs):
    values = {name: [run[name] for run in runs] for name in runs[0]}
    return {name: {"mean": round(float(np.mean(v)), 5), "std": round(float(np.std(v, ddof=1)), 5)} for name, v in values.items()}


problems = {
    "penguins": (classify, penguins, 16, 0.01),
    "banknotes": (classify, banknotes, 8, 0.003),
    "red wine": (regress, red_wine, 32, 0.003),
    "abalone": (regress, abalone, 32, 0.003),
}
reference = {"versions": {"torch": torch.__version__, "sklearn": sklearn.__version__}, "seeds": SEEDS}
for name, (solve, table, hidden, lr) in problems.items():
    reference[name] = {
        library: summary([solve(table, hidden, lr, seed, library) for seed in range(SEEDS)]) for library in ("torch", "sklearn")
    }
    print(name, reference[name])
(pathlib.Path(__file__).parent / "reference.json").write_text(json.dumps(reference, indent=2) + "\n")
