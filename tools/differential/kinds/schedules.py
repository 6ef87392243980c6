"""Rates of an optimiser with one group under a schedule."""

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import SWALR

SPECIAL = {"t0": "T_0", "tMax": "T_max", "tMult": "T_mult"}


def snake(name):
    return SPECIAL.get(name) or "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def make(name, options, optimizer):
    if name == "SequentialLR":
        members = [make(*member, optimizer) for member in options["schedules"]]
        return lr_scheduler.SequentialLR(optimizer, members, options["milestones"])
    if name == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler([make(*member, optimizer) for member in options["schedules"]])
    if name == "LambdaLR":
        return lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + options["rate"] * epoch))
    if name == "MultiplicativeLR":
        return lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 1 - options["rate"] / (1 + epoch))
    constructor = SWALR if name == "SWALR" else getattr(lr_scheduler, name)
    given = {snake(key): float(value) if key == "pctStart" else value for key, value in options.items()}
    return constructor(optimizer, **given)


def schedules(case):
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=case["lr"], momentum=0.9)
    schedule = make(case["schedule"], case["options"], optimizer)
    group = optimizer.param_groups[0]
    lrs, momenta = [group["lr"]], [group["momentum"]]
    for step in case["steps"]:
        optimizer.step()
        schedule.step() if step is None else schedule.step(step)
        lrs.append(group["lr"])
        momenta.append(group["momentum"])
    return {"lrs": lrs, "momenta": momenta}
