"""Reference numbers for sequence to sequence with attention and for convolutions over text, from PyTorch: writes seq2seq.json beside this file.

    /usr/bin/python3 packages/attention/golden/seq2seq.py

Made with PyTorch 1.13 in float64, a step at a time as the papers have it. Modules have the names that ours have, so that the state dicts are the same. Weights have two
decimals, so that the file stays small and exact; answers have 13 digits.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(14)

SOURCES, TARGETS = 7, 6
SOURCE = torch.tensor([[1, 2, 3, 4, 2], [5, 6, 1, 0, 0], [3, 0, 0, 0, 0]])
TARGET = torch.tensor([[3, 1, 4, 0], [2, 0, 0, 0], [1, 5, 0, 0]])
SOURCE_LENGTHS, TARGET_LENGTHS = [5, 3, 1], [4, 2, 3]
BEGIN = 0
# Of a vocabulary of six words, with two more that are of the sources alone; the last target has one that is in neither.
COPIED_SOURCE = [[1, 6, 3, 7, 6], [5, 6, 1, 0, 0], [3, 0, 0, 0, 0]]
COPIED_TARGET = [[7, 1, 6, 0], [2, 0, 0, 0], [1, 7, 0, 0]]
UNKNOWN, EXTENDED = 1, 8


def draw(*shape, scale=1.0):
    return torch.round(torch.randn(shape, generator=generator) * scale * 100) / 100


def values(tensor):
    flat = tensor.detach().flatten().tolist()
    return {"shape": list(tensor.shape), "data": [float(f"{value:.13g}") for value in flat]}


def filled(module):
    for parameter in module.parameters():
        parameter.data = draw(*parameter.shape, scale=0.5)
    for buffer in module.buffers():
        buffer.data = draw(*buffer.shape, scale=0.5)
    return {name: values(value) for name, value in module.state_dict().items()}


def gradients(module):
    return {name: values(parameter.grad) for name, parameter in module.named_parameters()}


def within(lengths, time):
    return torch.arange(time)[None] < torch.tensor(lengths)[:, None]


class Score(nn.Module):
    """Weights of one query for each sequence, [batch, length]; t is the number of the step, former the weights of the one before."""

    def weights(self, q, keys, mask, t, former):
        return torch.softmax(self.energies(q, keys, former).masked_fill(~mask, -torch.inf), 1)


class Additive(Score):
    def __init__(self, query, key, units):
        super().__init__()
        self.query = nn.Linear(query, units, bias=False)
        self.key = nn.Linear(key, units)
        self.v = nn.Linear(units, 1, bias=False)

    def energies(self, q, keys, former):
        return self.v(torch.tanh(self.query(q)[:, None] + self.key(keys)))[..., 0]


class LocationAware(Score):
    def __init__(self, query, key, units, filters, width):
        super().__init__()
        self.query = nn.Linear(query, units, bias=False)
        self.key = nn.Linear(key, units)
        self.convolution = nn.Conv1d(1, filters, width, padding=width // 2, bias=False)
        self.location = nn.Linear(filters, units, bias=False)
        self.v = nn.Linear(units, 1, bias=False)

    def energies(self, q, keys, former):
        seen = self.convolution(former[:, None]).transpose(1, 2)
        return self.v(torch.tanh(self.query(q)[:, None] + self.key(keys) + self.location(seen)))[..., 0]


class Coverage(Score):
    """The weights of all steps before are summed up, from the first step on."""

    def __init__(self, query, key, units):
        super().__init__()
        self.query = nn.Linear(query, units, bias=False)
        self.key = nn.Linear(key, units)
        self.coverage = nn.Linear(1, units, bias=False)
        self.v = nn.Linear(units, 1, bias=False)

    def weights(self, q, keys, mask, t, former):
        self.covered = former if t == 0 else self.covered + former
        return super().weights(q, keys, mask, t, former)

    def energies(self, q, keys, former):
        seen = self.query(q)[:, None] + self.key(keys) + self.coverage(self.covered[..., None])
        return self.v(torch.tanh(seen))[..., 0]


class General(Score):
    def __init__(self, query, key):
        super().__init__()
        self.map = nn.Linear(key, query, bias=False)

    def energies(self, q, keys, former):
        return torch.einsum("bq,qk,bsk->bs", q, self.map.weight, keys)


class Concat(Score):
    def __init__(self, query, key, units):
        super().__init__()
        self.map = nn.Linear(query + key, units, bias=False)
        self.v = nn.Linear(units, 1, bias=False)

    def energies(self, q, keys, former):
        both = torch.cat([q[:, None].expand(-1, keys.shape[1], -1), keys], 2)
        return self.v(torch.tanh(self.map(both)))[..., 0]


class Scaled(Score):
    def energies(self, q, keys, former):
        return torch.einsum("bq,bsq->bs", q, keys) / q.shape[1] ** 0.5


class Local(Score):
    def __init__(self, score, window, units=None, renormalize=True):
        super().__init__()
        self.score, self.window, self.renormalize = score, window, renormalize
        if units is not None:
            self.position = nn.Linear(4, units, bias=False)
            self.v = nn.Linear(units, 1, bias=False)

    def weights(self, q, keys, mask, t, former):
        places = torch.arange(keys.shape[1]).double()[None]
        length = mask.sum(1, keepdim=True).double()
        energies = self.score.energies(q, keys, former)
        if not hasattr(self, "position"):
            p = torch.clamp(torch.full_like(length, t), max=length - 1)
            near = mask & ((places - p).abs() <= self.window)
            return torch.softmax(energies.masked_fill(~near, -torch.inf), 1)
        p = length * torch.sigmoid(self.v(torch.tanh(self.position(q))))
        near = mask & ((places - p).abs() <= self.window)
        sigma = self.window / 2
        weights = torch.softmax(energies.masked_fill(~near, -torch.inf), 1)
        weights = weights * torch.exp(-((places - p) ** 2) / (2 * sigma**2))
        return weights / weights.sum(1, keepdim=True) if self.renormalize else weights


def bridged(bridge, name, state):
    numbers = state.transpose(0, 1).flatten(1)
    if name not in bridge:
        return numbers
    return torch.tanh(bridge[name](numbers)) if name == "h" else bridge[name](numbers)


class Seq2Seq(nn.Module):
    def __init__(self, score, kind, order, feeding):
        super().__init__()
        self.order, self.feeding = order, feeding
        self.input = nn.Embedding(SOURCES, 3)
        self.encoder = nn.GRU(3, 2, bidirectional=True, batch_first=True)
        self.score = score
        self.targetInput = nn.Embedding(TARGETS, 3)
        fed = 4 if order == "bahdanau" else 5 if feeding else 0
        self.decoder = getattr(nn, kind)(3 + fed, 4, batch_first=True)
        # Two directions of two numbers are four already; cells are made of h.
        self.bridge = nn.ModuleDict({"c": nn.Linear(4, 4)} if kind == "LSTM" else {})
        if order == "luong":
            self.combine = nn.Linear(4 + 4, 5)
        self.output = nn.Linear(5 if order == "luong" else 4 + 4 + 3, TARGETS)

    def forward(self, source, target):
        packed = pack_padded_sequence(self.input(source), SOURCE_LENGTHS, batch_first=True, enforce_sorted=False)
        keys, state = self.encoder(packed)
        keys, _ = pad_packed_sequence(keys, batch_first=True, total_length=source.shape[1])
        mask = within(SOURCE_LENGTHS, source.shape[1])
        h = bridged(self.bridge, "h", state)[None]
        if isinstance(self.decoder, nn.LSTM):
            h = (h, bridged(self.bridge, "c", state)[None])
        former = torch.zeros(source.shape)
        a = torch.zeros(len(source), 5)
        logits, alignment = [], []
        for t in range(target.shape[1]):
            y = self.targetInput(torch.full((len(target),), BEGIN) if t == 0 else target[:, t - 1])
            if self.order == "bahdanau":
                query = h[0][0] if isinstance(h, tuple) else h[0]
                former = self.score.weights(query, keys, mask, t, former)
                c = (former[..., None] * keys).sum(1)
                s, h = self.decoder(torch.cat([y, c], 1)[:, None], h)
                readout = torch.cat([s[:, 0], c, y], 1)
            else:
                s, h = self.decoder((torch.cat([y, a], 1) if self.feeding else y)[:, None], h)
                former = self.score.weights(s[:, 0], keys, mask, t, former)
                c = (former[..., None] * keys).sum(1)
                readout = a = torch.tanh(self.combine(torch.cat([c, s[:, 0]], 1)))
            logits.append(self.output(readout))
            alignment.append(former)
        return torch.stack(logits, 1), torch.stack(alignment, 1)


def loss_of(logits, target):
    real = within(TARGET_LENGTHS, target.shape[1])
    return F.cross_entropy(logits[real], target[real], label_smoothing=0.1)


def seq2seq(name, score, kind, order, feeding):
    model = Seq2Seq(score, kind, order, feeding)
    case = {"model": name, "decoder": kind, "order": order, "inputFeeding": feeding, "weights": filled(model)}
    logits, alignment = model(SOURCE, TARGET)
    loss = loss_of(logits, TARGET)
    loss.backward()
    real = within(TARGET_LENGTHS, TARGET.shape[1])[..., None]
    # Beyond the end of a target logits mean nothing.
    return {
        **case,
        "logits": values(logits * real),
        "alignment": values(alignment * real),
        "loss": loss.item(),
        "gradients": gradients(model),
    }


class Dense(nn.Module):
    def __init__(self, features, growth, width):
        super().__init__()
        self.norm1 = nn.LayerNorm(features)
        self.reduce = nn.Linear(features, 4 * growth)
        self.norm2 = nn.LayerNorm(4 * growth)
        self.filters = nn.Conv2d(4 * growth, growth, width)

    def forward(self, x, mask):
        h = F.relu(self.norm2(self.reduce(F.relu(self.norm1(x))))) * mask[:, None, :, None]
        side = self.filters.kernel_size[0] // 2
        # Left and right of the source, above and below the target.
        h = F.pad(h.permute(0, 3, 1, 2), (side, side, 2 * side, 0))
        return torch.cat([x, self.filters(h).permute(0, 2, 3, 1)], 3)


class Pervasive(nn.Module):
    def __init__(self, pool, width):
        super().__init__()
        self.pool = pool
        self.sourceInput = nn.Embedding(SOURCES, 2)
        self.targetInput = nn.Embedding(TARGETS, 2)
        self.layers = nn.ModuleList([Dense(4 + 2 * i, 2, width) for i in range(2)])
        self.norm = nn.LayerNorm(8)
        self.output = nn.Linear(16 if pool == "both" else 8, TARGETS)

    def forward(self, source, target):
        shifted = torch.cat([torch.full((len(target), 1), BEGIN), target[:, :-1]], 1)
        x, y = self.sourceInput(source), self.targetInput(shifted)
        mask = within(SOURCE_LENGTHS, source.shape[1])
        x = torch.cat([x[:, None].expand(-1, y.shape[1], -1, -1), y[:, :, None].expand(-1, -1, x.shape[1], -1)], 3)
        for layer in self.layers:
            x = layer(x, mask)
        h = F.relu(self.norm(x))
        grid = mask[:, None, :, None]
        largest = h.masked_fill(~grid, -torch.inf).max(2).values
        mean = (h * grid).sum(2) / torch.tensor(SOURCE_LENGTHS)[:, None, None]
        return self.output({"max": largest, "average": mean, "both": torch.cat([largest, mean], 2)}[self.pool])


def pervasive(pool, width):
    model = Pervasive(pool, width)
    case = {"model": "pervasive", "pool": pool, "kernelSize": width, "weights": filled(model)}
    logits = model(SOURCE, TARGET)
    loss = loss_of(logits, TARGET)
    loss.backward()
    return {**case, "logits": values(logits), "loss": loss.item(), "gradients": gradients(model)}


class TextCNN(nn.Module):
    def __init__(self, channels, widths):
        super().__init__()
        self.channels = channels
        if channels != "trained":
            self.register_buffer("fixed", torch.zeros(SOURCES, 3))
        if channels != "static":
            self.trained = nn.Embedding(SOURCES, 3)
        size = 6 if channels == "both" else 3
        self.convolutions = nn.ModuleList([nn.Conv1d(size, 2, width) for width in widths])
        self.output = nn.Linear(2 * len(widths), 3)

    def forward(self, words):
        answers = []
        # Each text by itself, filled up where a filter is wider.
        for text, length in zip(words, SOURCE_LENGTHS):
            text = text[:length]
            tables = []
            if self.channels != "trained":
                tables.append(self.fixed[text])
            if self.channels != "static":
                tables.append(self.trained(text))
            x = torch.cat(tables, 1).T[None]
            maxima = []
            for convolution in self.convolutions:
                missing = max(0, convolution.kernel_size[0] - length)
                maxima.append(F.relu(convolution(F.pad(x, (0, missing)))).max(2).values)
            answers.append(self.output(torch.cat(maxima, 1)))
        return torch.cat(answers)


def text_cnn(channels, widths):
    model = TextCNN(channels, widths)
    case = {"model": "text", "channels": channels, "widths": widths, "weights": filled(model)}
    logits = model(SOURCE)
    loss = F.cross_entropy(logits, torch.tensor([2, 0, 1]))
    loss.backward()
    return {**case, "logits": values(logits), "loss": loss.item(), "gradients": gradients(model)}


class Pointer(nn.Module):
    """See, Liu & Manning (2017), a step at a time, with the whole distribution over the extended vocabulary laid out word by word."""

    def __init__(self, score, kind):
        super().__init__()
        self.embedding = nn.Embedding(TARGETS, 3)
        self.encoder = nn.GRU(3, 2, bidirectional=True, batch_first=True)
        self.score = score
        self.decoder = getattr(nn, kind)(3, 4, batch_first=True)
        self.bridge = nn.ModuleDict({"c": nn.Linear(4, 4)} if kind == "LSTM" else {})
        self.combine = nn.Linear(4 + 4, 5)
        self.pointer = nn.Linear(4 + 4 + 3, 1)
        self.output = nn.Linear(5, TARGETS)

    def known(self, tokens):
        return self.embedding(tokens.masked_fill(tokens >= TARGETS, UNKNOWN))

    def forward(self, source, target):
        packed = pack_padded_sequence(self.known(source), SOURCE_LENGTHS, batch_first=True, enforce_sorted=False)
        keys, state = self.encoder(packed)
        keys, _ = pad_packed_sequence(keys, batch_first=True, total_length=source.shape[1])
        mask = within(SOURCE_LENGTHS, source.shape[1])
        h = bridged(self.bridge, "h", state)[None]
        if isinstance(self.decoder, nn.LSTM):
            h = (h, bridged(self.bridge, "c", state)[None])
        former = torch.zeros(source.shape)
        coverage = torch.zeros(source.shape)
        probabilities, generate, alignment, again = [], [], [], []
        for t in range(target.shape[1]):
            x = self.known(torch.full((len(target),), BEGIN) if t == 0 else target[:, t - 1])
            s, h = self.decoder(x[:, None], h)
            former = self.score.weights(s[:, 0], keys, mask, t, former)
            c = (former[..., None] * keys).sum(1)
            both = torch.cat([c, s[:, 0]], 1)
            vocabulary = torch.softmax(self.output(self.combine(both)), 1)
            p = torch.sigmoid(self.pointer(torch.cat([both, x], 1)))[:, 0]
            words = []
            for word in range(EXTENDED):
                copied = (former * (source == word) * mask).sum(1)
                generated = vocabulary[:, word] if word < TARGETS else 0
                words.append(p * generated + (1 - p) * copied)
            probabilities.append(torch.stack(words, 1))
            generate.append(p)
            alignment.append(former)
            again.append(torch.minimum(former, coverage).sum(1))
            coverage = coverage + former
        return [torch.stack(each, 1) for each in (probabilities, generate, alignment, again)]


def pointer(name, score, kind, weight):
    model = Pointer(score, kind)
    case = {"model": "pointer", "score": name, "decoder": kind, "coverageWeight": weight, "weights": filled(model)}
    source, target = torch.tensor(COPIED_SOURCE), torch.tensor(COPIED_TARGET)
    probabilities, generate, alignment, again = model(source, target)
    losses = []
    for row, length in enumerate(TARGET_LENGTHS):
        for t in range(length):
            word = COPIED_TARGET[row][t]
            there = word in COPIED_SOURCE[row][: SOURCE_LENGTHS[row]]
            p = probabilities[row, t, word if word < TARGETS or there else UNKNOWN]
            losses.append(-torch.log(p) + weight * again[row, t])
    loss = torch.stack(losses).mean()
    loss.backward()
    real = within(TARGET_LENGTHS, target.shape[1])
    return {
        **case,
        "probabilities": values(probabilities * real[..., None]),
        "generate": values(generate * real),
        "alignment": values(alignment * real[..., None]),
        "loss": loss.item(),
        "gradients": gradients(model),
    }


cases = [
    seq2seq("additive", Additive(4, 4, 3), "GRU", "bahdanau", False),
    seq2seq("location-aware", LocationAware(4, 4, 3, 2, 3), "LSTM", "bahdanau", False),
    seq2seq("general", General(4, 4), "LSTM", "luong", True),
    seq2seq("concat", Concat(4, 4, 3), "GRU", "luong", False),
    seq2seq("scaled", Scaled(), "GRU", "luong", True),
    seq2seq("monotonic", Local(General(4, 4), 1), "GRU", "luong", False),
    seq2seq("predictive", Local(General(4, 4), 2, units=3), "GRU", "luong", True),
    seq2seq("unnormalized", Local(Additive(4, 4, 3), 2, units=3, renormalize=False), "GRU", "bahdanau", False),
    pervasive("max", 3),
    pervasive("both", 5),
    text_cnn("both", [3, 4, 5]),
    text_cnn("static", [1, 2]),
    text_cnn("trained", [2, 7]),
    seq2seq("coverage", Coverage(4, 4, 3), "GRU", "bahdanau", False),
    pointer("additive", Additive(4, 4, 3), "GRU", 0),
    pointer("coverage", Coverage(4, 4, 3), "LSTM", 0.7),
]
path = Path(__file__).with_name("seq2seq.json")
path.write_text(json.dumps(cases, separators=(",", ":")).replace('{"model"', '\n{"model"') + "\n")
