"""Names and shapes in the state of models made of many kinds of modules, from PyTorch: writes names.json beside this file.

    /usr/bin/python3 packages/layers/golden/names.py

Made with PyTorch 1.13. The names of each single layer are in layers.json, spatial.json and activations.json.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils import spectral_norm, weight_norm


class Named(nn.Module):
    """A module with these children and parameters, by name."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


def block(channels, out, stride):
    return Named(
        conv1=nn.Conv2d(channels, out, 3, stride, 1, bias=False), bn1=nn.BatchNorm2d(out), relu=nn.ReLU(),
        conv2=nn.Conv2d(out, out, 3, 1, 1, bias=False), bn2=nn.BatchNorm2d(out),
        downsample=nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)),
    )


def tied():
    model = Named(encoder=nn.Embedding(7, 4), decoder=nn.Linear(4, 7, bias=False))
    model.decoder.weight = model.encoder.weight
    return model


CASES = {
    "LeNet-5": lambda: Named(
        features=nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        classifier=nn.Sequential(nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    ),
    "a residual network": lambda: Named(
        conv1=nn.Conv2d(3, 8, 7, 2, 3, bias=False), bn1=nn.BatchNorm2d(8),
        layer1=nn.Sequential(block(8, 8, 1), block(8, 16, 2)), fc=nn.Linear(16, 10),
    ),
    "lists and dictionaries": lambda: Named(
        scale=nn.Parameter(torch.ones(3)),
        blocks=nn.ModuleList([nn.Linear(3, 4), nn.Sequential(nn.PReLU(4), nn.Linear(4, 4))]),
        heads=nn.ModuleDict({"age": nn.Linear(4, 1), "sex": nn.Bilinear(4, 4, 2)}),
        shift=nn.Parameter(torch.ones(1)),
    ),
    "wrapped": lambda: nn.Sequential(
        weight_norm(nn.Conv1d(2, 4, 3)), spectral_norm(nn.Linear(5, 3)), weight_norm(nn.Linear(3, 2, bias=False), dim=None),
        spectral_norm(nn.ConvTranspose2d(2, 4, 2)),
    ),
    "norms": lambda: nn.ModuleList([
        nn.BatchNorm1d(3, affine=False), nn.BatchNorm2d(3, track_running_stats=False), nn.InstanceNorm2d(3),
        nn.InstanceNorm2d(3, affine=True, track_running_stats=True), nn.LayerNorm([2, 3]), nn.GroupNorm(2, 4),
    ]),
    "one module under two names": lambda: (lambda shared: Named(a=shared, b=nn.Sequential(shared, nn.ReLU())))(nn.Linear(2, 2)),
    "one parameter under two names": tied,
    "losses": lambda: nn.ModuleList([
        nn.CrossEntropyLoss(weight=torch.ones(3)), nn.NLLLoss(weight=torch.ones(2)), nn.MultiMarginLoss(weight=torch.ones(4)),
        nn.BCELoss(weight=torch.ones(1)), nn.BCEWithLogitsLoss(weight=torch.ones(1), pos_weight=torch.ones(2)), nn.MSELoss(),
    ]),
}


def names(model):
    return {
        "state": [[name, list(value.shape)] for name, value in model.state_dict().items()],
        "parameters": [name for name, _ in model.named_parameters()],
        "buffers": [name for name, _ in model.named_buffers()],
    }


lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(names(make()), separators=(',', ':'))}" for name, make in CASES.items())
Path(__file__).with_suffix(".json").write_text(f"{{\n{lines}\n}}\n")
