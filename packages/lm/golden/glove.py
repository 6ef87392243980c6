"""Reference numbers for GloVe, from PyTorch: writes glove.json beside this file.

    /usr/bin/python3 packages/lm/golden/glove.py

Made with PyTorch 1.13: 30 steps of Adagrad on the weighted least squares of Pennington, Socher & Manning 2014, from given tables and given batches, in which pairs and words
come several times; in float64 and float32. The tables are looked up with F.embedding(sparse=True), as here. Kept are the losses of all steps, and the tables behind the last one.
"""

import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F

WORDS = 9
SIZE = 4
BATCH = 12
STEPS = 30
CONFIGURATIONS = [
    {"xMax": 100, "alpha": 0.75, "lr": 0.05, "initialAccumulatorValue": 1},
    {"xMax": 3, "alpha": 0.5, "lr": 0.3, "initialAccumulatorValue": 0},
]
NAMES = ["words", "contexts", "wordBiases", "contextBiases"]


def problem():
    draw = random.Random(1)
    table = lambda features: [[round(draw.uniform(-0.5, 0.5), 3) for _ in range(features)] for _ in range(WORDS)]
    return {
        "start": {"words": table(SIZE), "contexts": table(SIZE), "wordBiases": table(1), "contextBiases": table(1)},
        "batches": [
            {
                "words": [draw.choice([0, 0, 1, 2, 3, 4, 5, 6, 7, 8]) for _ in range(BATCH)],
                "contexts": [draw.choice([0, 1, 1, 2, 3, 4, 5, 6]) for _ in range(BATCH)],
                # Below 1, where the logarithm is negative, and beyond xMax.
                "counts": [round(draw.choice([0.1, 1, 10, 150]) * draw.uniform(0.5, 1.5), 3) for _ in range(BATCH)],
            }
            for _ in range(STEPS)
        ],
    }


def train(problem, options, dtype):
    tables = {name: torch.tensor(problem["start"][name], dtype=dtype, requires_grad=True) for name in NAMES}
    optimizer = torch.optim.Adagrad(
        tables.values(), lr=options["lr"], initial_accumulator_value=options["initialAccumulatorValue"]
    )
    losses = []
    for batch in problem["batches"]:
        words, contexts = torch.tensor(batch["words"]), torch.tensor(batch["contexts"])
        counts = torch.tensor(batch["counts"], dtype=dtype)
        of = lambda indices, name: F.embedding(indices, tables[name], sparse=True)
        product = (of(words, "words") * of(contexts, "contexts")).sum(1)
        fitted = product + of(words, "wordBiases").squeeze(1) + of(contexts, "contextBiases").squeeze(1)
        weights = torch.clamp((counts / options["xMax"]) ** options["alpha"], max=1)
        loss = (weights * (fitted - counts.log()) ** 2).sum()
        losses.append(loss.item())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return {"losses": losses, "end": {name: tables[name].flatten().tolist() for name in NAMES}}


def main():
    given = problem()
    cases = [
        {
            "options": options,
            **{str(dtype).split(".")[1]: train(given, options, dtype) for dtype in (torch.float64, torch.float32)},
        }
        for options in CONFIGURATIONS
    ]
    compact = {"separators": (",", ":")}
    lines = ",\n".join(json.dumps(case, **compact) for case in cases)
    text = f'{{"problem":{json.dumps(given, **compact)},\n"cases":[\n{lines}\n]}}\n'
    assert "Infinity" not in text and "NaN" not in text
    Path(__file__).with_suffix(".json").write_text(text)


main()
