"""Reference rates for the schedules, from PyTorch: writes schedules.json beside this file.

    /usr/bin/python3 packages/optim/golden/schedules.py

Made with PyTorch 1.13: the rates of two groups at the start and after each of 100 steps, with the momentum where it changes; and 16
steps of pairs, one after the other and chained.

Where PyTorch 1.13 departs from its own formulas, and there are no numbers here but closed forms in closed-forms.test.ts:
- LinearLR, PolynomialLR, CosineAnnealingLR compute each rate from the last, so that an end at 0 becomes -1e-18 or so.
- In a chain, schedules that compute rates from the last ones lose their factor after one that sets the rate (LambdaLR,
  CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR), and others theirs at the lowest point of CosineAnnealingLR; an etaMin or a swaLr is
  moved by what follows it.
- CyclicLR, made after another, has the rate of that one at its first step, and not baseLr.
- A cosine in a sequence with OneCycleLR, which gives the groups another rate to begin with, comes up again to the former one.
- Groups that join later go on from the rate that they came with by the ratio of two epochs, or are left out.
- OneCycleLR divides by 0 for an empty phase, and goes on along its curve one step after its end.
- ReduceLROnPlateau takes a worse metric for better where metrics are below 0.
"""

import json
import math
import warnings
from pathlib import Path

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import SWALR

STEPS = 100
LRS = [0.1, 0.02]

# Schedule, options by our names; T_0 and T_max are t0 and tMax there.
SCHEDULES = [
    ("StepLR", {"stepSize": 7}),
    ("StepLR", {"stepSize": 30, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [10, 30, 30, 80], "gamma": 0.3}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.7, "totalIters": 20}),
    ("LinearLR", {}),
    ("LinearLR", {"startFactor": 0.05, "endFactor": 0.8, "totalIters": 60}),
    ("ExponentialLR", {"gamma": 0.95}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"totalIters": 90, "power": 2.5}),
    ("CosineAnnealingLR", {"tMax": 100}),
    ("CosineAnnealingLR", {"tMax": 15, "etaMin": 0.001}),
    ("CosineAnnealingWarmRestarts", {"t0": 10}),
    ("CosineAnnealingWarmRestarts", {"t0": 7, "tMult": 2, "etaMin": 0.001}),
    ("CyclicLR", {"baseLr": 0.01, "maxLr": 0.1, "stepSizeUp": 10}),
    ("CyclicLR", {"baseLr": [0.01, 0.001], "maxLr": [0.1, 0.3], "stepSizeUp": 5, "stepSizeDown": 12, "mode": "triangular2", "baseMomentum": 0.7, "maxMomentum": 0.95}),
    ("CyclicLR", {"baseLr": 0.01, "maxLr": 0.1, "stepSizeUp": 8, "mode": "exp_range", "gamma": 0.98, "cycleMomentum": False}),
    ("OneCycleLR", {"maxLr": 0.5, "totalSteps": 101}),
    ("OneCycleLR", {"maxLr": [0.5, 0.2], "totalSteps": 101, "pctStart": 0.4, "annealStrategy": "linear", "threePhase": True, "divFactor": 10.0, "finalDivFactor": 100.0, "baseMomentum": 0.8, "maxMomentum": 0.9}),
    ("OneCycleLR", {"maxLr": 0.5, "totalSteps": 120, "cycleMomentum": False}),
    ("SWALR", {"swaLr": 0.05}),
    ("SWALR", {"swaLr": [0.05, 0.01], "annealEpochs": 40, "annealStrategy": "linear"}),
    ("ReduceLROnPlateau", {}),
    ("ReduceLROnPlateau", {"mode": "max", "factor": 0.5, "patience": 3, "threshold": 0.01, "thresholdMode": "abs", "cooldown": 4, "minLr": [0.001, 0.005]}),
    ("ReduceLROnPlateau", {"factor": 0.3, "patience": 2, "threshold": 0.05, "cooldown": 1, "eps": 1e-3}),
    ("LambdaLR", {}),
    ("MultiplicativeLR", {}),
    ("SequentialLR", {"schedules": [["LinearLR", {"startFactor": 0.1, "totalIters": 10}], ["CosineAnnealingLR", {"tMax": 60}], ["ExponentialLR", {"gamma": 0.9}]], "milestones": [10, 70]}),
    ("SequentialLR", {"schedules": [["ConstantLR", {"factor": 0.1, "totalIters": 8}], ["StepLR", {"stepSize": 9, "gamma": 0.6}]], "milestones": [20]}),
    ("ChainedScheduler", {"schedules": [["ConstantLR", {"factor": 0.1, "totalIters": 12}], ["ExponentialLR", {"gamma": 0.97}]]}),
    ("ChainedScheduler", {"schedules": [["LinearLR", {"totalIters": 20}], ["CosineAnnealingLR", {"tMax": 110}], ["MultiStepLR", {"milestones": [40], "gamma": 0.5}]]}),
]


# Pairs are of these, in the order in which they are made.
PAIR_STEPS = 16
MILESTONE = 6
SCALING = [
    ("StepLR", {"stepSize": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5, 9], "gamma": 0.3}),
    ("ConstantLR", {"factor": 0.3, "totalIters": 4}),
    ("LinearLR", {"startFactor": 0.2, "endFactor": 0.7, "totalIters": 5}),
    ("ExponentialLR", {"gamma": 0.8}),
    ("PolynomialLR", {"totalIters": 20, "power": 1.5}),
    ("CosineAnnealingLR", {"tMax": 20}),
    ("MultiplicativeLR", {}),
]
SETTING = [
    ("LambdaLR", {}),
    ("CosineAnnealingWarmRestarts", {"t0": 3, "tMult": 2, "etaMin": 0.01}),
    ("CyclicLR", {"baseLr": 0.05, "maxLr": 0.4, "stepSizeUp": 2, "stepSizeDown": 3, "cycleMomentum": False}),
    ("OneCycleLR", {"maxLr": 0.9, "totalSteps": 40, "cycleMomentum": False}),
]
# Its lowest point is within the steps; and one that is no factor.
LATER = [("CosineAnnealingLR", {"tMax": 4, "etaMin": 0.001}), ("SWALR", {"swaLr": 0.03, "annealEpochs": 5})]


def pairs():
    """In a sequence any two; in a chain factors, or what sets the rate after a factor."""
    for first in SCALING + SETTING + LATER:
        for second in SCALING + SETTING + LATER:
            if first[0] == "CosineAnnealingLR" and first in LATER and second[0] == "OneCycleLR":
                continue
            yield "SequentialLR", {"schedules": [first, second], "milestones": [MILESTONE]}
    for first in SCALING:
        for second in SCALING + [each for each in SETTING if each[0] != "CyclicLR"]:
            yield "ChainedScheduler", {"schedules": [first, second]}


def metric(epoch):
    """Falls, with waves on it, and then no longer."""
    return max(1 / (1 + 0.2 * epoch), 0.1) + 0.05 * math.sin(epoch)


def snake(name):
    special = {"t0": "T_0", "tMax": "T_max", "tMult": "T_mult"}
    return special.get(name) or "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def make(name, options, optimizer):
    members = [make(*member, optimizer) for member in options.get("schedules", [])]
    if name == "SequentialLR":
        return lr_scheduler.SequentialLR(optimizer, members, options["milestones"])
    if name == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler(members)
    if name == "LambdaLR":
        return lr_scheduler.LambdaLR(optimizer, [lambda epoch: 0.95**epoch, lambda epoch: 1 / (1 + epoch)])
    if name == "MultiplicativeLR":
        return lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 1 - 0.5 / (epoch + 1))
    constructor = SWALR if name == "SWALR" else getattr(lr_scheduler, name)
    return constructor(optimizer, **{snake(key): value for key, value in options.items()})


def run(name, options, steps=STEPS):
    parameters = [torch.zeros(1, requires_grad=True) for _ in LRS]
    groups = [{"params": [parameter], "lr": lr} for parameter, lr in zip(parameters, LRS)]
    optimizer = torch.optim.SGD(groups, lr=1, momentum=0.9)
    schedule = make(name, options, optimizer)

    def read(key):
        return [group[key] for group in optimizer.param_groups]

    lrs, momenta = [read("lr")], [read("momentum")]
    for epoch in range(steps):
        optimizer.step()
        schedule.step(metric(epoch)) if name == "ReduceLROnPlateau" else schedule.step()
        lrs.append(read("lr"))
        momenta.append(read("momentum"))
    result = {"schedule": name, "options": options, "lrs": lrs}
    return {**result, "momenta": momenta} if any(each != [0.9, 0.9] for each in momenta) else result


def main():
    warnings.simplefilter("ignore")
    metrics = [metric(epoch) for epoch in range(STEPS)]
    lines = ",\n".join(json.dumps(run(*case), separators=(",", ":")) for case in SCHEDULES)
    # One group is enough.
    compact = [{**run(*case, PAIR_STEPS), "schedule": case[0]} for case in pairs()]
    for case in compact:
        case["lrs"] = [first for first, _ in case["lrs"]]
    pair_lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in compact)
    text = f'{{"lrs":{json.dumps(LRS)},"metrics":{json.dumps(metrics)},\n"cases":[\n{lines}\n],\n"pairs":[\n{pair_lines}\n]}}\n'
    Path(__file__).with_suffix(".json").write_text(text)


main()
