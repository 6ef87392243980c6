"""Reference numbers for attention and layers of transformers, from PyTorch: writes layers.json beside this file.

    /usr/bin/python3 packages/attention/golden/make-golden.py

Made with PyTorch 1.13 in float64 and in training mode, without dropout: its evaluation goes other ways. Inputs and weights have two decimals, so that the file stays
small and exact; answers have 13 digits. PyTorch's masks forbid where they are true; here true allows.
"""

import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(17)

BATCH, QUERIES, KEYS, WIDTH, HEADS, HIDDEN = 2, 3, 4, 4, 2, 3
LENGTHS = {QUERIES: [3, 2], KEYS: [2, 4]}

PYTORCH_NAMES = {"normFirst": "norm_first", "layerNormEps": "layer_norm_eps"}


def draw(*shape, scale=1.0):
    return torch.round(torch.randn(shape, generator=generator) * scale * 100) / 100


def number(value):
    return float(f"{value:.13g}") if value > float("-inf") else "-Infinity"


def values(tensor):
    tensor = tensor.detach()
    if tensor.dtype == torch.bool:
        return {"shape": list(tensor.shape), "data": tensor.flatten().int().tolist()}
    return {"shape": list(tensor.shape), "data": [number(value) for value in tensor.flatten().tolist()]}


def filled(module):
    for parameter in module.parameters():
        parameter.data = draw(*parameter.shape, scale=0.5)
    return {name: values(value) for name, value in module.state_dict().items()}


def padding(lengths, time):
    return torch.arange(time) >= torch.tensor(lengths)[:, None]


def later(size):
    return torch.ones(size, size, dtype=torch.bool).triu(1)


def finish(case, module, inputs, results):
    """Goes back from all results at once, and takes down everything."""
    upstream = {name: draw(*result.shape) for name, result in results.items()}
    sum((result * upstream[name]).sum() for name, result in results.items()).backward()
    parameters = dict(module.named_parameters())
    return {
        **case,
        "inputs": {name: values(each) for name, each in inputs.items()},
        "upstream": {name: values(each) for name, each in upstream.items()},
        "results": {name: values(each) for name, each in results.items()},
        "gradients": {name: values(each.grad) for name, each in {**inputs, **parameters}.items()},
    }


def chosen(shape):
    """Which keys may be looked at: the first by all, so that no query is without."""
    allowed = torch.rand(shape, generator=generator) < 0.6
    allowed[..., 0] = True
    return allowed


# Options by our names, whether it is cross-attention, and what may be looked at.
ATTENTION = [
    ({}, False, ()),
    ({}, False, ("lengths",)),
    ({}, False, ("causal",)),
    ({}, False, ("mask",)),
    ({}, False, ("mask of each head", "lengths")),
    ({}, False, ("bias",)),
    ({}, False, ("bias of each head", "lengths", "causal")),
    ({"bias": False}, False, ("lengths", "causal")),
    ({}, True, ()),
    ({}, True, ("mask", "lengths")),
    ({"kdim": 3, "vdim": 2}, True, ("lengths",)),
    ({"kdim": 3}, True, ("bias of each head",)),
    ({"vdim": 3, "bias": False}, True, ("mask of each head",)),
]


def attention(options, is_cross, given):
    keys = KEYS if is_cross else QUERIES
    model = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, **options)
    case = {"options": options, "call": {}, "weights": filled(model)}
    inputs = {"query": draw(BATCH, QUERIES, WIDTH)}
    if is_cross:
        inputs["key"] = draw(BATCH, keys, options.get("kdim", WIDTH))
        inputs["value"] = draw(BATCH, keys, options.get("vdim", WIDTH))
    arguments = {}
    # PyTorch takes one mask: what is added has minus infinity for what is forbidden.
    added = torch.zeros(BATCH, HEADS, QUERIES, keys)
    if "lengths" in given:
        case["call"]["lengths"] = LENGTHS[keys]
        arguments["key_padding_mask"] = padding(LENGTHS[keys], keys)
    if "causal" in given:
        case["call"]["causal"] = True
        added = added.masked_fill(later(QUERIES), float("-inf"))
    for name in given:
        each = (BATCH, HEADS, QUERIES, keys) if "head" in name else (QUERIES, keys)
        if name.startswith("mask"):
            mask = chosen(each)
            case["call"]["mask"] = values(mask)
            added = added.masked_fill(~mask, float("-inf"))
        if name.startswith("bias"):
            bias = draw(*each)
            if "head" not in name:
                # The last query may not look at the second key.
                bias[-1, 1] = float("-inf")
            inputs["bias"] = bias
    for each in inputs.values():
        each.requires_grad_()
    if "bias" in inputs:
        added = added + inputs["bias"]
    if set(given) - {"lengths"}:
        arguments["attn_mask"] = added.reshape(BATCH * HEADS, QUERIES, keys)
    query = inputs["query"]
    output, weights = model(
        query,
        inputs.get("key", query),
        inputs.get("value", query),
        need_weights=True,
        average_attn_weights=False,
        **arguments,
    )
    return finish(case, model, inputs, {"output": output, "weights": weights})


SHAPE = {"dim_feedforward": HIDDEN, "dropout": 0.0, "batch_first": True}

# Kind, options by our names, whether with lengths and causal order.
LAYERS = [
    ("TransformerEncoderLayer", {}, False),
    ("TransformerEncoderLayer", {"activation": "gelu"}, True),
    ("TransformerEncoderLayer", {"normFirst": True}, True),
    ("TransformerEncoderLayer", {"normFirst": True, "activation": "gelu", "layerNormEps": 0.1}, False),
    ("TransformerDecoderLayer", {}, False),
    ("TransformerDecoderLayer", {"activation": "gelu"}, True),
    ("TransformerDecoderLayer", {"normFirst": True}, True),
    ("TransformerDecoderLayer", {"normFirst": True, "activation": "gelu", "layerNormEps": 0.1}, False),
    ("TransformerEncoder", {}, True),
    ("TransformerEncoder", {"normFirst": True, "finalNorm": True}, True),
    ("TransformerDecoder", {"activation": "gelu"}, True),
    ("TransformerDecoder", {"normFirst": True, "finalNorm": True}, True),
]


def layer(kind, options, is_masked):
    is_decoder = "Decoder" in kind
    renamed = {PYTORCH_NAMES.get(name, name): value for name, value in options.items() if name != "finalNorm"}
    if kind.endswith("Layer"):
        model = getattr(nn, kind)(WIDTH, HEADS, **SHAPE, **renamed)
    else:
        one = getattr(nn, f"{kind}Layer")(WIDTH, HEADS, **SHAPE, **renamed)
        norm = nn.LayerNorm(WIDTH) if options.get("finalNorm") else None
        more = {} if is_decoder else {"enable_nested_tensor": False}
        model = getattr(nn, kind)(one, 2, norm, **more)
    case = {"layer": kind, "options": options, "call": {}, "weights": filled(model)}
    inputs = {"x": draw(BATCH, QUERIES, WIDTH).requires_grad_()}
    if is_decoder:
        inputs["memory"] = draw(BATCH, KEYS, WIDTH).requires_grad_()
    arguments = {}
    if is_masked:
        what = "tgt" if is_decoder else "mask" if kind == "TransformerEncoder" else "src"
        arguments["mask" if what == "mask" else f"{what}_mask"] = later(QUERIES)
        arguments[f"{'tgt' if is_decoder else 'src'}_key_padding_mask"] = padding(LENGTHS[QUERIES], QUERIES)
        case["call"] = {"causal": True, "lengths": LENGTHS[QUERIES]}
        if is_decoder:
            arguments["memory_key_padding_mask"] = padding(LENGTHS[KEYS], KEYS)
            case["call"]["memoryLengths"] = LENGTHS[KEYS]
    return finish(case, model, inputs, {"output": model(*inputs.values(), **arguments)})


def transformer(options):
    renamed = {PYTORCH_NAMES.get(name, name): value for name, value in options.items()}
    model = nn.Transformer(WIDTH, HEADS, 1, 2, **SHAPE, **renamed)
    # Nested tensors would cut what comes out where the padding is.
    model.encoder.enable_nested_tensor = False
    case = {"options": options, "weights": filled(model)}
    inputs = {"source": draw(BATCH, KEYS, WIDTH).requires_grad_(), "target": draw(BATCH, QUERIES, WIDTH).requires_grad_()}
    hidden = padding(LENGTHS[KEYS], KEYS)
    output = model(
        *inputs.values(),
        tgt_mask=later(QUERIES),
        src_key_padding_mask=hidden,
        memory_key_padding_mask=hidden,
    )
    return finish({**case, "lengths": LENGTHS[KEYS]}, model, inputs, {"output": output})


golden = {
    "attention": [attention(*case) for case in ATTENTION],
    "layers": [layer(*case) for case in LAYERS],
    "transformers": [transformer(options) for options in ({}, {"normFirst": True, "activation": "gelu"})],
}
path = Path(__file__).with_name("layers.json")
text = json.dumps(golden, separators=(",", ":"))
path.write_text(text.replace('{"options"', '\n{"options"').replace('{"layer"', '\n{"layer"') + "\n")
