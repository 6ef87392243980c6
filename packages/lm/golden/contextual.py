"""Reference numbers for bidirectional language models and the mix of their layers, from PyTorch: writes contextual.json beside this file.

    /usr/bin/python3 packages/lm/golden/contextual.py

Made with PyTorch 1.13 in float64, each sequence by itself, as the papers have it. Modules have the names that ours have, so that the state dicts are the same. Weights have two decimals, so
that the file stays small and exact; answers have 13 digits.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(16)

TOKENS = torch.tensor([[3, 1, 4, 1, 5], [2, 6, 5, 0, 0], [3, 0, 0, 0, 0]])
LENGTHS = [5, 3, 1]
# Words of those tokens as characters, 0 behind the last one.
SPELLING = torch.tensor([[0, 0, 0, 0], [1, 2, 0, 0], [3, 0, 0, 0], [4, 1, 2, 3], [2, 2, 5, 0], [5, 0, 0, 0], [1, 3, 4, 0]])
TIME = TOKENS.shape[1]


def draw(*shape, scale=1.0):
    return torch.round(torch.randn(shape, generator=generator) * scale * 100) / 100


def values(tensor):
    flat = tensor.detach().flatten().tolist()
    return {"shape": list(tensor.shape), "data": [float(f"{value:.13g}") for value in flat]}


def filled(module):
    for parameter in module.parameters():
        parameter.data = draw(*parameter.shape, scale=0.5)
    for embedding in module.modules():
        if isinstance(embedding, nn.Embedding) and embedding.padding_idx is not None:
            embedding.weight.data[embedding.padding_idx] = 0
    return {name: values(value) for name, value in module.state_dict().items()}


class Highway(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.transform = nn.Linear(size, size)
        self.gate = nn.Linear(size, size)

    def forward(self, x):
        gate = torch.sigmoid(self.gate(x))
        return gate * F.relu(self.transform(x)) + (1 - gate) * x


class Words(nn.Module):
    """Kim et al. 2016: filters over the characters of each word, which begin at a character, the largest value of each, a highway layer."""

    def __init__(self, numCharacters, size, characterSize, filters):
        super().__init__()
        self.characters = nn.Embedding(numCharacters, characterSize, padding_idx=0)
        self.convolutions = nn.ModuleList([nn.Conv1d(characterSize, count, width) for width, count in filters.items()])
        found = sum(filters.values())
        self.highways = nn.ModuleList([Highway(found)])
        self.output = nn.Linear(found, size)

    def forward(self, words):
        rows = []
        for word in words:
            word = word[word != 0]
            x = self.characters(word).T[None]
            maxima = [F.relu(c(F.pad(x, (0, c.kernel_size[0] - 1)))).max(2).values for c in self.convolutions]
            y = torch.cat(maxima, 1)
            for highway in self.highways:
                y = highway(y)
            rows.append(self.output(y))
        return torch.cat(rows)


class Bidirectional(nn.Module):
    def __init__(self, vocabulary, size, hidden, layers, residual, tied, characters):
        super().__init__()
        self.input = Words(6, size, 2, {1: 2, 3: 3}) if characters else nn.Embedding(vocabulary, size)
        self.bounds = nn.Parameter(torch.zeros(2, size))
        project = {"proj_size": size} if hidden > size else {}
        stack = lambda: nn.ModuleList([nn.LSTM(size, hidden, batch_first=True, **project) for _ in range(layers)])
        self.forwards, self.backwards = stack(), stack()
        if tied:
            self.outputBias = nn.Parameter(torch.zeros(vocabulary))
        else:
            self.output = nn.Linear(size, vocabulary)
        self.residual, self.tied, self.spelt = residual, tied, characters

    def say(self, h):
        return F.linear(h, self.input.weight, self.outputBias) if self.tied else self.output(h)

    def states(self, tokens):
        """All layers of both directions for one sequence, its begin and its end included."""
        x = self.input(SPELLING[tokens] if self.spelt else tokens)
        x = torch.cat([self.bounds[:1], x, self.bounds[1:]])
        both = []
        for networks, turned in ((self.forwards, False), (self.backwards, True)):
            layers = [x]
            for k, network in enumerate(networks):
                into = layers[-1].flip(0) if turned else layers[-1]
                out = network(into[None])[0][0]
                out = out.flip(0) if turned else out
                layers.append(out + layers[-1] if self.residual and k > 0 else out)
            both.append(layers)
        return both

    def layers(self):
        """[batch, time, 2 · size] for each layer, 0 beyond the lengths."""
        sequences = [self.states(row[:length]) for row, length in zip(TOKENS, LENGTHS)]
        found = []
        for k in range(len(self.forwards) + 1):
            rows = [torch.cat([f[k][1:-1], b[k][1:-1]], 1) for f, b in sequences]
            found.append(torch.stack([F.pad(row, (0, 0, 0, TIME - len(row))) for row in rows]))
        return found

    def loss(self, begin, end):
        forward, backward = [], []
        for row, length in zip(TOKENS, LENGTHS):
            tokens = row[:length]
            f, b = self.states(tokens)
            forward.append(F.cross_entropy(self.say(f[-1][:-1]), torch.cat([tokens, torch.tensor([end])]), reduction="none"))
            backward.append(F.cross_entropy(self.say(b[-1][1:]), torch.cat([torch.tensor([begin]), tokens]), reduction="none"))
        return (torch.cat(forward).mean() + torch.cat(backward).mean()) / 2


def bidirectional(name, begin=0, end=0, **options):
    given = {"vocabulary": 7, "size": 3, "hidden": 3, "layers": 2, "residual": True, "tied": False, "characters": False, **options}
    model = Bidirectional(**given)
    weights = filled(model)
    layers = model.layers()
    loss = model.loss(begin, end)
    loss.backward()
    gradients = {key: values(parameter.grad) for key, parameter in model.named_parameters()}
    case = {"name": name, "options": {**given, "begin": begin, "end": end}, "weights": weights}
    return {**case, "layers": [values(layer) for layer in layers], "loss": loss.item(), "gradients": gradients}


def mix():
    layers = [draw(2, 3, 2).requires_grad_() for _ in range(3)]
    scores, scale = draw(3).requires_grad_(), draw().requires_grad_()
    upstream = draw(2, 3, 2)
    weights = torch.softmax(scores, 0)
    mixed = scale * sum(w * layer for w, layer in zip(weights, layers))
    mixed.backward(upstream)
    return {
        "layers": [values(layer) for layer in layers],
        "weights": {"scores": values(scores), "scale": values(scale)},
        "upstream": values(upstream),
        "mixed": values(mixed),
        "gradients": {"scores": values(scores.grad), "scale": values(scale.grad)},
        "layerGradients": [values(layer.grad) for layer in layers],
    }


golden = {
    "madeWith": f"PyTorch {torch.__version__}",
    "tokens": TOKENS.tolist(),
    "lengths": LENGTHS,
    "spelling": SPELLING.tolist(),
    "models": [
        bidirectional("two layers, residual"),
        bidirectional("one layer, a begin and an end of their own", layers=1, begin=6, end=5),
        bidirectional("more cells, projected, without residual", hidden=4, layers=3, residual=False, end=2),
        bidirectional("tied", tied=True),
        bidirectional("words by characters", characters=True),
    ],
    "mix": mix(),
}
path = Path(__file__).with_name("contextual.json")
path.write_text(json.dumps(golden, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
