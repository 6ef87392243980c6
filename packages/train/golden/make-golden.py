"""Writes metrics.json: outputs, targets, and the figures that scikit-learn computes from them."""

import json
import pathlib

import numpy as np
from sklearn import metrics as m

rng = np.random.default_rng(5)


def arr(a):
    return {"data": a.reshape(-1).tolist(), "shape": list(a.shape)}


def classes(count, n, present=None):
    """Scores that lean towards the target; `present`: the classes that are targets."""
    target = rng.choice(present if present is not None else count, n)
    scores = rng.normal(size=(n, count)) + 1.2 * np.eye(count)[target]
    answers = scores.argmax(1)
    figures = {"accuracy": m.accuracy_score(target, answers)}
    for name, f in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
        for average in ["micro", "macro", "weighted"]:
            figures[f"{name}.{average}"] = f(target, answers, average=average, zero_division=0)
        figures[f"{name}.1"] = f(target, answers, labels=[1], average="macro", zero_division=0)
    labels = list(range(count))
    figures["confusion"] = m.confusion_matrix(target, answers, labels=labels).tolist()
    for k in [1, 2, 3] if count > 2 else []:
        if k < count:
            figures[f"top{k}"] = m.top_k_accuracy_score(target, scores, k=k, labels=labels)
    probs = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    figures["perplexity"] = np.exp(m.log_loss(target, probs, labels=labels))
    if present is None:
        # Each class against the rest, by the scores themselves.
        if count == 2:
            figures["auc"] = m.roc_auc_score(target, scores[:, 1] - scores[:, 0])
        else:
            figures["auc"] = np.mean([m.roc_auc_score(target == c, scores[:, c]) for c in labels])
    return {"output": arr(scores), "target": arr(target), "figures": figures}


def ties(n):
    target = rng.integers(0, 2, n)
    scores = np.round(rng.normal(size=n) + target)
    return {"output": arr(scores), "target": arr(target), "figures": {"auc": m.roc_auc_score(target, scores)}}


def regression(shape, offset):
    target = rng.normal(size=shape) * np.arange(1, shape[-1] + 1) + offset
    output = target + 0.5 * rng.normal(size=shape)
    return {
        "output": arr(output),
        "target": arr(target),
        "figures": {
            "r2": m.r2_score(target, output),
            "mae": m.mean_absolute_error(target, output),
            "rmse": m.mean_squared_error(target.reshape(-1), output.reshape(-1), squared=False),
        },
    }


cases = {
    "five classes": classes(5, 60),
    "two classes": classes(2, 41),
    "six classes, two of them without an example": classes(6, 30, [0, 1, 3, 5]),
    "scores that tie": ties(50),
    "one column": regression((40, 1), 0),
    "three columns": regression((40, 3), 0),
    "far from 0": regression((40, 1), 1e6),
}
path = pathlib.Path(__file__).parent / "metrics.json"
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
