"""Reference numbers for the recurrent networks, from PyTorch: writes networks.json beside this file.

    /usr/bin/python3 packages/rnn/golden/make-golden.py

Made with PyTorch 1.13 in float64. Inputs and weights have two decimals, so that the file stays small and exact; answers have 13 digits.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(13)

PYTORCH_NAMES = {"numLayers": "num_layers", "projSize": "proj_size", "batchFirst": "batch_first"}
BATCH, TIME, INPUT, HIDDEN = 3, 4, 2, 3
LENGTHS = [2, 4, 1]

# Network, options by our names, whether with lengths, whether with states to begin with.
CASES = [
    ("RNN", {}, False, False),
    ("RNN", {"nonlinearity": "relu", "numLayers": 2, "bidirectional": True}, True, True),
    ("RNN", {"numLayers": 3, "bias": False}, True, False),
    ("RNN", {"bidirectional": True, "batchFirst": False}, True, True),
    ("LSTM", {}, False, False),
    ("LSTM", {"bias": False}, True, True),
    ("LSTM", {"numLayers": 2, "bidirectional": True}, True, True),
    ("LSTM", {"numLayers": 3}, False, True),
    ("LSTM", {"projSize": 2}, False, True),
    ("LSTM", {"projSize": 2, "numLayers": 2, "bidirectional": True}, True, True),
    ("LSTM", {"batchFirst": False, "numLayers": 2}, True, False),
    ("GRU", {}, False, False),
    ("GRU", {"bias": False}, True, True),
    ("GRU", {"numLayers": 2, "bidirectional": True}, True, True),
    ("GRU", {"numLayers": 3}, True, False),
    ("GRU", {"bidirectional": True}, False, True),
]

CELLS = [
    ("RNNCell", {}),
    ("RNNCell", {"nonlinearity": "relu", "bias": False}),
    ("LSTMCell", {}),
    ("LSTMCell", {"bias": False}),
    ("GRUCell", {}),
    ("GRUCell", {"bias": False}),
]


def draw(*shape, scale=1.0):
    return torch.round(torch.randn(shape, generator=generator) * scale * 100) / 100


def values(tensor):
    flat = tensor.detach().flatten().tolist()
    return {"shape": list(tensor.shape), "data": [float(f"{value:.13g}") for value in flat]}


def filled(module):
    for parameter in module.parameters():
        parameter.data = draw(*parameter.shape, scale=0.5)
    return {name: values(value) for name, value in module.state_dict().items()}


def gradients(module):
    return {name: values(parameter.grad) for name, parameter in module.named_parameters()}


def network(kind, options, with_lengths, with_states):
    batch_first = options.get("batchFirst", True)
    renamed = {PYTORCH_NAMES.get(name, name): value for name, value in options.items()}
    model = getattr(nn, kind)(INPUT, HIDDEN, **{"batch_first": True, **renamed})
    case = {"network": kind, "options": options, "weights": filled(model)}
    x = draw(*((BATCH, TIME, INPUT) if batch_first else (TIME, BATCH, INPUT))).requires_grad_()
    case["x"] = values(x)
    count = model.num_layers * (2 if model.bidirectional else 1)
    sizes = {"h": model.proj_size or HIDDEN}
    if kind == "LSTM":
        sizes["c"] = HIDDEN
    states = None
    if with_states:
        states = {name: draw(count, BATCH, size).requires_grad_() for name, size in sizes.items()}
        case["states"] = {name: values(state) for name, state in states.items()}
    given = None if states is None else states["h"] if kind != "LSTM" else (states["h"], states["c"])
    if with_lengths:
        case["lengths"] = LENGTHS
        packed = pack_padded_sequence(x, LENGTHS, batch_first=batch_first, enforce_sorted=False)
        output, last = model(packed, given)
        output, _ = pad_packed_sequence(output, batch_first=batch_first, total_length=TIME)
    else:
        output, last = model(x, given)
    last = dict(zip(sizes, last if kind == "LSTM" else [last]))
    results = {"output": output, **last}
    upstream = {name: draw(*result.shape) for name, result in results.items()}
    sum((result * upstream[name]).sum() for name, result in results.items()).backward()
    case["upstream"] = {name: values(each) for name, each in upstream.items()}
    case["results"] = {name: values(each) for name, each in results.items()}
    case["gradients"] = {
        "x": values(x.grad),
        **{name: values(state.grad) for name, state in (states or {}).items()},
        **gradients(model),
    }
    return case


def cell(kind, options):
    model = getattr(nn, kind)(INPUT, HIDDEN, **options)
    case = {"cell": kind, "options": options, "weights": filled(model)}
    x = draw(BATCH, INPUT).requires_grad_()
    names = ["h", "c"] if kind == "LSTMCell" else ["h"]
    states = {name: draw(BATCH, HIDDEN).requires_grad_() for name in names}
    given = (states["h"], states["c"]) if kind == "LSTMCell" else states["h"]
    next_state = model(x, given)
    results = dict(zip(names, next_state if kind == "LSTMCell" else [next_state]))
    upstream = {name: draw(BATCH, HIDDEN) for name in names}
    sum((result * upstream[name]).sum() for name, result in results.items()).backward()
    return {
        **case,
        "x": values(x),
        "states": {name: values(state) for name, state in states.items()},
        "upstream": {name: values(each) for name, each in upstream.items()},
        "results": {name: values(each) for name, each in results.items()},
        "gradients": {
            "x": values(x.grad),
            **{name: values(state.grad) for name, state in states.items()},
            **gradients(model),
        },
    }


def packed(lengths, total):
    x = draw(len(lengths), TIME, INPUT)
    batch = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    padded, _ = pad_packed_sequence(batch, batch_first=True, total_length=total)
    return {
        "lengths": lengths,
        "x": values(x),
        "data": values(batch.data),
        "batchSizes": batch.batch_sizes.tolist(),
        "order": batch.sorted_indices.tolist(),
        "total": total,
        "padded": values(padded),
    }


golden = {
    "networks": [network(*case) for case in CASES],
    "cells": [cell(*case) for case in CELLS],
    # Without two of one length, whose order PyTorch does not promise.
    "packed": [packed([2, 4, 1], 4), packed([3, 1], 3), packed([1, 3, 2], 5)],
}
path = Path(__file__).with_name("networks.json")
path.write_text(json.dumps(golden, separators=(",", ":")).replace('{"network"', '\n{"network"').replace('{"cell"', '\n{"cell"') + "\n")
