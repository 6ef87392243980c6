"""The side of PyTorch: trains by a plan.

    python3 torch_side.py FOLDER

reads plan.json and weights.safetensors from the folder, and writes result.json there. run.ts calls this; it needs nothing but PyTorch.
"""

import json
import math
import sys
import time
from functools import partial
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

END, NOTHING, AT_ONCE = 0, -100, 50


def read_weights(path):
    """A safetensors file: the length of a header, the header in JSON, then the numbers."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    weights = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            part = bytearray(data[start + begin : start + end])
            weights[name] = torch.frombuffer(part, dtype=torch.float32).reshape(entry["shape"])
    return weights


def padded(rows, value=0):
    longest = max(map(len, rows))
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows])


def padding(rows):
    """True beyond the end of each row."""
    lengths = torch.tensor([len(row) for row in rows])
    return torch.arange(int(lengths.max()))[None, :] >= lengths[:, None]


def waves(length, features):
    """sin(p / 10000^(2i / features)) and cos of the same, in turn."""
    angles = torch.arange(length, dtype=torch.float64)[:, None] * 10000.0 ** (-torch.arange(0, features, 2).double() / features)
    return torch.stack([angles.sin(), angles.cos()], 2).reshape(length, features).float()


def layers_of(model):
    return dict(
        d_model=model["dModel"],
        nhead=model["heads"],
        dim_feedforward=model["dimFeedforward"],
        dropout=model["dropout"],
        batch_first=True,
    )


class Translator(nn.Module):
    def __init__(self, model):
        super().__init__()
        width = model["dModel"]
        self.width = width
        self.sourceEmbedding = nn.Embedding(model["sources"], width)
        self.targetEmbedding = nn.Embedding(model["targets"], width)
        self.dropout = nn.Dropout(model["dropout"])
        encoder_layer = nn.TransformerEncoderLayer(**layers_of(model))
        decoder_layer = nn.TransformerDecoderLayer(**layers_of(model))
        self.encoder = nn.TransformerEncoder(
            encoder_layer, model["layers"], norm=nn.LayerNorm(width), enable_nested_tensor=False
        )
        self.decoder = nn.TransformerDecoder(decoder_layer, model["layers"], norm=nn.LayerNorm(width))

    def vectors(self, table, tokens):
        return self.dropout(table(tokens) * math.sqrt(self.width) + waves(tokens.shape[1], self.width))

    def encode(self, sources):
        hidden = self.vectors(self.sourceEmbedding, padded(sources))
        return self.encoder(hidden, src_key_padding_mask=padding(sources))

    def logits(self, tokens, memory, sources):
        later = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).triu(1)
        hidden = self.decoder(
            self.vectors(self.targetEmbedding, tokens),
            memory,
            tgt_mask=later,
            memory_key_padding_mask=padding(sources),
        )
        return hidden @ self.targetEmbedding.weight.T

    def loss(self, examples, label_smoothing):
        sources = [example["source"] for example in examples]
        target = padded([example["target"] for example in examples], NOTHING)
        before = padded([[END] + example["target"][:-1] for example in examples])
        logits = self.logits(before, self.encode(sources), sources)
        return F.cross_entropy(
            logits.flatten(0, 1), target.flatten(), ignore_index=NOTHING, label_smoothing=label_smoothing
        )

    def answers(self, examples):
        sources = [example["source"] for example in examples]
        memory = self.encode(sources)
        tokens = torch.full((len(sources), 1), END)
        ended = torch.zeros(len(sources), dtype=torch.bool)
        for _ in range(max(map(len, sources)) + 20):
            best = self.logits(tokens, memory, sources)[:, -1].argmax(1)
            ended |= best == END
            tokens = torch.cat([tokens, best[:, None]], 1)
            if ended.all():
                break
        said = []
        for row in tokens[:, 1:].tolist():
            said.append(row[: row.index(END)] if END in row else row)
        return said


class Attentive(nn.Module):
    """Luong et al., 2015, without input feeding: a GRU in both directions over the source, one forward over the target."""

    def __init__(self, model):
        super().__init__()
        width = model["dModel"]
        self.input = nn.Embedding(model["sources"], width)
        self.encoder = nn.GRU(width, width, bidirectional=True, batch_first=True)
        self.score = nn.ModuleDict({"map": nn.Linear(2 * width, width, bias=False)})
        self.targetInput = nn.Embedding(model["targets"], width)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.bridge = nn.ModuleDict({"h": nn.Linear(2 * width, width)})
        self.combine = nn.Linear(3 * width, width)
        self.dropout = nn.Dropout(model["dropout"])
        self.output = nn.Linear(width, model["targets"])

    def encode(self, sources):
        lengths = torch.tensor([len(row) for row in sources])
        packed = pack_padded_sequence(self.input(padded(sources)), lengths, batch_first=True, enforce_sorted=False)
        outputs, state = self.encoder(packed)
        keys, _ = pad_packed_sequence(outputs, batch_first=True)
        return keys, torch.tanh(self.bridge["h"](state.transpose(0, 1).flatten(1)))[None]

    def step(self, tokens, state, keys, beyond):
        s, state = self.decoder(self.targetInput(tokens), state)
        energies = self.score["map"](keys) @ s.transpose(1, 2)
        weights = torch.softmax(energies.transpose(1, 2).masked_fill(beyond[:, None], -torch.inf), 2)
        readout = torch.tanh(self.combine(torch.cat([weights @ keys, s], 2)))
        return self.output(self.dropout(readout)), state

    def loss(self, examples, label_smoothing):
        sources = [example["source"] for example in examples]
        target = padded([example["target"] for example in examples], NOTHING)
        before = padded([[END] + example["target"][:-1] for example in examples])
        keys, state = self.encode(sources)
        logits, _ = self.step(before, state, keys, padding(sources))
        return F.cross_entropy(
            logits.flatten(0, 1), target.flatten(), ignore_index=NOTHING, label_smoothing=label_smoothing
        )

    def answers(self, examples):
        sources = [example["source"] for example in examples]
        keys, state = self.encode(sources)
        tokens = torch.full((len(sources), 1), END)
        said = []
        for _ in range(max(map(len, sources)) + 20):
            logits, state = self.step(tokens, state, keys, padding(sources))
            tokens = logits[:, -1].argmax(1, keepdim=True)
            said.append(tokens)
        rows = torch.cat(said, 1).tolist()
        return [row[: row.index(END)] if END in row else row for row in rows]


class SentenceEncoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.width = model["dModel"]
        self.embedding = nn.Embedding(model["sources"], self.width)
        self.dropout = nn.Dropout(model["dropout"])
        layer = nn.TransformerEncoderLayer(**layers_of(model))
        self.encoder = nn.TransformerEncoder(layer, model["layers"], enable_nested_tensor=False)
        self.output = nn.Linear(self.width, model["targets"])

    def logits(self, examples):
        sources = [example["source"] for example in examples]
        tokens, beyond = padded(sources), padding(sources)
        hidden = self.dropout(self.embedding(tokens) * math.sqrt(self.width) + waves(tokens.shape[1], self.width))
        hidden = self.encoder(hidden, src_key_padding_mask=beyond)
        counted = hidden.masked_fill(beyond[:, :, None], 0).sum(1)
        return self.output(counted / (~beyond).sum(1, keepdim=True))

    def loss(self, examples, label_smoothing):
        classes = torch.tensor([example["target"][0] for example in examples])
        return F.cross_entropy(self.logits(examples), classes, label_smoothing=label_smoothing)

    def answers(self, examples):
        return self.logits(examples).argmax(1)[:, None].tolist()


class TokenHead(nn.Module):
    def __init__(self, width, tokens):
        super().__init__()
        self.transform = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(tokens))

    def forward(self, hidden, table):
        return self.norm(F.gelu(self.transform(hidden))) @ table.T + self.bias


class Bert(nn.Module):
    """Devlin et al., 2019, without segments."""

    def __init__(self, model):
        super().__init__()
        width = model["dModel"]
        self.embedding = nn.Embedding(model["sources"], width)
        self.inputPositions = nn.Embedding(64, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(model["dropout"])
        layer = nn.TransformerEncoderLayer(**layers_of(model), activation="gelu", layer_norm_eps=1e-12)
        self.encoder = nn.TransformerEncoder(layer, model["layers"], enable_nested_tensor=False)
        self.tokenHead = TokenHead(width, model["sources"])

    def loss(self, examples, _):
        sources = [example["source"] for example in examples]
        tokens = padded(sources)
        vectors = self.embedding(tokens) + self.inputPositions.weight[: tokens.shape[1]]
        hidden = self.encoder(self.dropout(self.norm(vectors)), src_key_padding_mask=padding(sources))
        target = padded([example["target"] for example in examples], NOTHING)
        asked = target != NOTHING
        return F.cross_entropy(self.tokenHead(hidden[asked], self.embedding.weight), target[asked])

    def answers(self, _):
        return []


class RecurrentModel(nn.Module):
    """A recurrent language model, which goes on where it ended."""

    def __init__(self, network, model):
        super().__init__()
        width = model["dModel"]
        self.input = nn.Embedding(model["sources"], width)
        self.network = network(width, width, model["layers"], batch_first=True)
        self.output = nn.Linear(width, model["sources"])
        self.begin()

    def begin(self):
        self.state = None

    def loss(self, examples, label_smoothing):
        outputs, state = self.network(self.input(padded([example["source"] for example in examples])), self.state)
        self.state = tuple(each.detach() for each in state) if isinstance(state, tuple) else state.detach()
        target = padded([example["target"] for example in examples])
        return F.cross_entropy(self.output(outputs).flatten(0, 1), target.flatten(), label_smoothing=label_smoothing)

    def answers(self, _):
        return []


class Gpt(nn.Module):
    """Radford et al., 2019."""

    def __init__(self, model):
        super().__init__()
        width = model["dModel"]
        self.embedding = nn.Embedding(model["sources"], width)
        self.inputPositions = nn.Embedding(64, width)
        self.dropout = nn.Dropout(model["dropout"])
        layer = nn.TransformerEncoderLayer(**layers_of(model), activation="gelu", norm_first=True)
        self.decoder = nn.TransformerEncoder(
            layer, model["layers"], norm=nn.LayerNorm(width), enable_nested_tensor=False
        )

    def loss(self, examples, label_smoothing):
        tokens = padded([example["source"] for example in examples])
        later = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).triu(1)
        vectors = self.embedding(tokens) + self.inputPositions.weight[: tokens.shape[1]]
        logits = self.decoder(self.dropout(vectors), mask=later) @ self.embedding.weight.T
        target = padded([example["target"] for example in examples])
        return F.cross_entropy(logits.flatten(0, 1), target.flatten(), label_smoothing=label_smoothing)

    def answers(self, _):
        return []


MODELS = {
    "translate": Translator,
    "attend": Attentive,
    "classify": SentenceEncoder,
    "fill": Bert,
    "rnn": partial(RecurrentModel, nn.RNN),
    "lstm": partial(RecurrentModel, nn.LSTM),
    "gru": partial(RecurrentModel, nn.GRU),
    "gpt": Gpt,
}


def train(plan, weights):
    begun = time.perf_counter()
    sizes, training = plan["model"], plan["training"]
    model = MODELS[plan["kind"]](sizes)
    model.load_state_dict(weights)
    optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98), eps=1e-9)
    begin = getattr(model, "begin", lambda: None)
    losses = []
    for step, batch in enumerate(plan["batches"], 1):
        if (step - 1) % plan.get("pieces", math.inf) == 0:
            begin()
        for group in optimizer.param_groups:
            rate = min(step**-0.5, step * training["warmupSteps"] ** -1.5)
            group["lr"] = training["factor"] * sizes["dModel"] ** -0.5 * rate
        loss = model.loss([plan["examples"][i] for i in batch], training["labelSmoothing"])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    begin()
    total, count, answers = 0.0, 0, []
    with torch.no_grad():
        for start in range(0, len(plan["tests"]), AT_ONCE):
            some = plan["tests"][start : start + AT_ONCE]
            said = sum(token != NOTHING for example in some for token in example["target"])
            total += said * model.loss(some, 0.0).item()
            count += said
            answers += model.answers(some)
    seconds = time.perf_counter() - begun
    return {"losses": losses, "testLoss": total / count, "answers": answers, "seconds": seconds}


def main():
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    plan = json.loads((folder / "plan.json").read_text())
    torch.manual_seed(plan["seed"])
    result = train(plan, read_weights(folder / "weights.safetensors"))
    (folder / "result.json").write_text(json.dumps({"version": torch.__version__, **result}))


if __name__ == "__main__":
    main()
