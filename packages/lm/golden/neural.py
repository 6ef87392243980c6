"""Networks as language models in PyTorch: logits, losses and every gradient, from weights by a formula. Writes neural.json beside this file.

    /usr/bin/python3 packages/lm/golden/neural.py

Made with PyTorch 1.13.1 (Debian package python3-torch), in double precision. Weights are 0.4 sin(s + 0.9 i), where s is the sum of the codes of the letters of
their name and i the number of the value. What the window model of Bengio and others (2003) computes is written out.
"""

import json
import math
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
TOKENS = torch.tensor([[3, 1, 4, 1, 5], [2, 6, 5, 0, 0]])
LENGTHS = [5, 3]
SIZE, BEGIN = 7, 2


def filled(name, shape):
    start = sum(map(ord, name))
    count = math.prod(shape)
    return torch.tensor([0.4 * math.sin(start + 0.9 * i) for i in range(count)]).reshape(shape)


class Weights:
    """Leaves by the names that they have in @dl/lm."""

    def __init__(self):
        self.all = {}

    def __call__(self, name, *shape):
        if name not in self.all:
            self.all[name] = filled(name, shape).requires_grad_()
        return self.all[name]

    def into(self, prefix, module):
        """Fills the parameters of a module of PyTorch's."""
        for name, value in module.named_parameters():
            with torch.no_grad():
                value.copy_(filled(prefix + name, value.shape))
            self.all[prefix + name] = value
        return module


def window(w, config, inputs):
    n, e, h = config["window"], config["embeddingSize"], config["hiddenSize"]
    table = w("embedding.weight", SIZE, e)
    batch, time = inputs.shape
    padded = torch.cat([torch.full((batch, n - 1), BEGIN), inputs], 1)
    x = torch.stack([table[padded[:, t:t + n]].reshape(batch, n * e) for t in range(time)], 1)
    hidden = torch.tanh(x @ w("hidden.weight", h, n * e).T + w("hidden.bias", h))
    y = hidden @ w("output.weight", SIZE, h).T + w("output.bias", SIZE)
    return y + x @ w("direct.weight", SIZE, n * e).T if config["direct"] else y


def recurrent(w, config, inputs):
    e, h, layers = config["embeddingSize"], config["hiddenSize"], config["numLayers"]
    kind = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[config["cell"]]
    network = w.into("network.", kind(e, h, layers, batch_first=True))
    table = w("input.weight", SIZE, e)
    output, _ = network(table[inputs])
    rows = table if config["tied"] else w("output.weight", SIZE, h)
    return output @ rows.T + w("output.bias", SIZE)


def gpt(w, config, inputs):
    d, heads = config["dModel"], config["nhead"]
    table = w("embedding.weight", SIZE, d)
    time = inputs.shape[1]
    places = w("inputPositions.weight", config["maxLength"], d)
    layer = nn.TransformerEncoderLayer(d, heads, config["dimFeedforward"], 0, "gelu", batch_first=True, norm_first=True)
    stack = w.into("decoder.", nn.TransformerEncoder(layer, config["numLayers"], nn.LayerNorm(d)))
    mask = nn.Transformer.generate_square_subsequent_mask(time)
    x = table[inputs] + places[:time]
    return stack(x, mask) @ table.T


def plain(values):
    return {"shape": list(values.shape), "data": values.detach().reshape(-1).tolist()}


def case(kind, **config):
    config = {"vocabularySize": SIZE, "begin": BEGIN, **config}
    w = Weights()
    inputs = torch.cat([torch.full((2, 1), BEGIN), TOKENS[:, :-1]], 1)
    logits = {"window": window, "recurrent": recurrent, "gpt": gpt}[kind](w, config, inputs)
    counting = torch.tensor([[t < length for t in range(5)] for length in LENGTHS])
    loss = F.cross_entropy(logits[counting], TOKENS[counting])
    loss.backward()
    return {
        "kind": kind,
        "config": config,
        "logits": plain(logits),
        "loss": loss.item(),
        "gradients": {name: plain(leaf.grad) for name, leaf in w.all.items()},
    }


sizes = {"embeddingSize": 3, "hiddenSize": 4}
recurrents = [
    case("recurrent", cell=cell, numLayers=layers, tied=tied, embeddingSize=4 if tied else 3, hiddenSize=4)
    for cell in ("rnn", "gru", "lstm")
    for layers, tied in ((1, False), (2, True))
]
golden = {
    "madeWith": f"PyTorch {torch.__version__}",
    "tokens": TOKENS.tolist(),
    "lengths": LENGTHS,
    "cases": [
        case("window", window=3, direct=False, **sizes),
        case("window", window=2, direct=True, **sizes),
        *recurrents,
        case("gpt", dModel=4, nhead=2, numLayers=2, dimFeedforward=6, maxLength=6, dropout=0),
    ],
}
pathlib.Path(__file__).with_name("neural.json").write_text(json.dumps(golden) + "\n")
