"""Writes small models in Hugging Face's layout into the folders of pretrained/, with random weights, and pretrained/expected.json with what their forward passes, written
out here in float64, give. PyTorch gives the numbers, numpy and json the files. Run it in this folder: python3 pretrained.py"""

import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(14)
HALVES = {"F16": torch.float16, "BF16": torch.bfloat16}


def encode(tensor, dtype):
    if tensor.dtype == torch.int64:
        return "I64", tensor.numpy().astype("<i8").tobytes()
    if dtype == "F32":
        return dtype, tensor.numpy().astype("<f4").tobytes()
    return dtype, tensor.to(HALVES[dtype]).view(torch.int16).numpy().astype("<i2").tobytes()


def write_file(path, tensors, dtype):
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        code, data = encode(tensor, dtype)
        header[name] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


def write(folder, config, tensors, dtype="F32", shards=1):
    """A folder, and the weights in float64 as whoever reads it has them."""
    folder = f"pretrained/{folder}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/config.json", "w") as f:
        json.dump(config, f, indent=1)
        f.write("\n")
    if shards == 1:
        write_file(f"{folder}/model.safetensors", tensors, dtype)
    else:
        names = [f"model-{i + 1:05}-of-{shards:05}.safetensors" for i in range(shards)]
        place = {name: names[i * shards // len(tensors)] for i, name in enumerate(tensors)}
        for file in names:
            write_file(f"{folder}/{file}", {n: t for n, t in tensors.items() if place[n] == file}, dtype)
        size = sum(len(encode(t, dtype)[1]) for t in tensors.values())
        with open(f"{folder}/model.safetensors.index.json", "w") as f:
            json.dump({"metadata": {"total_size": size}, "weight_map": place}, f, indent=1)
            f.write("\n")
    kind = HALVES.get(dtype, torch.float32)
    return {n: t if t.dtype == torch.int64 else t.float().to(kind).double() for n, t in tensors.items()}


def random(*shape, std=0.4):
    return torch.randn(*shape, dtype=torch.float64) * std


def norm_weight(size):
    return 1 + random(size, std=0.2)


def heads_of(x, heads):
    batch, length, width = x.shape
    return x.reshape(batch, length, heads, width // heads).transpose(1, 2)


def attend(q, k, v, allowed):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    weights = torch.softmax(scores.masked_fill(~allowed, -math.inf), -1)
    batch, heads, length, width = q.shape
    return (weights @ v).transpose(1, 2).reshape(batch, length, heads * width)


def causal(length, window=None):
    i, j = torch.arange(length)[:, None], torch.arange(length)[None, :]
    return (j <= i) if window is None else (j <= i) & (j > i - window)


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def layer_norm(x, weight, bias, eps):
    return F.layer_norm(x, x.shape[-1:], weight, bias, eps)


# GPT-2: maps as Conv1D, [in, out].

def gpt2_weights(config, prefix):
    d, inner = config["n_embd"], config.get("n_inner") or 4 * config["n_embd"]
    w = {f"{prefix}wte.weight": random(config["vocab_size"], d), f"{prefix}wpe.weight": random(config["n_positions"], d)}
    for i in range(config["n_layer"]):
        h = f"{prefix}h.{i}"
        w[f"{h}.ln_1.weight"], w[f"{h}.ln_1.bias"] = norm_weight(d), random(d)
        for name, rows, columns in (("attn.c_attn", d, 3 * d), ("attn.c_proj", d, d)):
            w[f"{h}.{name}.weight"], w[f"{h}.{name}.bias"] = random(rows, columns), random(columns)
        w[f"{h}.ln_2.weight"], w[f"{h}.ln_2.bias"] = norm_weight(d), random(d)
        for name, rows, columns in (("mlp.c_fc", d, inner), ("mlp.c_proj", inner, d)):
            w[f"{h}.{name}.weight"], w[f"{h}.{name}.bias"] = random(rows, columns), random(columns)
    w[f"{prefix}ln_f.weight"], w[f"{prefix}ln_f.bias"] = norm_weight(d), random(d)
    return w


def gpt2_logits(config, w, prefix, tokens):
    conv = lambda x, name: x @ w[f"{prefix}{name}.weight"] + w[f"{prefix}{name}.bias"]
    norm = lambda x, name: layer_norm(x, w[f"{prefix}{name}.weight"], w[f"{prefix}{name}.bias"], config["layer_norm_epsilon"])
    length = tokens.shape[1]
    x = w[f"{prefix}wte.weight"][tokens] + w[f"{prefix}wpe.weight"][:length]
    for i in range(config["n_layer"]):
        q, k, v = conv(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").chunk(3, -1)
        q, k, v = (heads_of(y, config["n_head"]) for y in (q, k, v))
        x = x + conv(attend(q, k, v, causal(length)), f"h.{i}.attn.c_proj")
        x = x + conv(gelu_new(conv(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc")), f"h.{i}.mlp.c_proj")
    return norm(x, "ln_f") @ w.get("lm_head.weight", w[f"{prefix}wte.weight"]).t()


# BERT

def bert_weights(config, prefix, norm_names):
    d, inner = config["hidden_size"], config["intermediate_size"]
    w = {}

    def linear(name, rows, columns):
        w[f"{name}.weight"], w[f"{name}.bias"] = random(rows, columns), random(rows)

    def norm(name):
        w[f"{name}.{norm_names[0]}"], w[f"{name}.{norm_names[1]}"] = norm_weight(d), random(d)

    for name, rows in (("word", config["vocab_size"]), ("position", config["max_position_embeddings"]), ("token_type", config["type_vocab_size"])):
        w[f"{prefix}embeddings.{name}_embeddings.weight"] = random(rows, d)
    norm(f"{prefix}embeddings.LayerNorm")
    for i in range(config["num_hidden_layers"]):
        layer = f"{prefix}encoder.layer.{i}"
        for name in ("query", "key", "value"):
            linear(f"{layer}.attention.self.{name}", d, d)
        linear(f"{layer}.attention.output.dense", d, d)
        norm(f"{layer}.attention.output.LayerNorm")
        linear(f"{layer}.intermediate.dense", inner, d)
        linear(f"{layer}.output.dense", d, inner)
        norm(f"{layer}.output.LayerNorm")
    return w, linear, norm


def bert_forward(config, w, prefix, norm_names, tokens, segments, lengths):
    linear = lambda x, name: x @ w[f"{name}.weight"].t() + w[f"{name}.bias"]
    norm = lambda x, name: layer_norm(x, w[f"{name}.{norm_names[0]}"], w[f"{name}.{norm_names[1]}"], config["layer_norm_eps"])
    embedded = lambda name, index: w[f"{prefix}embeddings.{name}_embeddings.weight"][index]
    batch, length = tokens.shape
    x = embedded("word", tokens) + embedded("position", torch.arange(length)) + embedded("token_type", segments)
    x = norm(x, f"{prefix}embeddings.LayerNorm")
    allowed = (torch.arange(length)[None, :] < torch.tensor(lengths)[:, None])[:, None, None, :]
    for i in range(config["num_hidden_layers"]):
        layer = f"{prefix}encoder.layer.{i}"
        q, k, v = (heads_of(linear(x, f"{layer}.attention.self.{name}"), config["num_attention_heads"]) for name in ("query", "key", "value"))
        x = norm(x + linear(attend(q, k, v, allowed), f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        x = norm(x + linear(F.gelu(linear(x, f"{layer}.intermediate.dense")), f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    pooled = torch.tanh(linear(x[:, 0], f"{prefix}pooler.dense"))
    result = {"hidden": x}
    if "cls.predictions.bias" in w:
        said = norm(F.gelu(linear(x, "cls.predictions.transform.dense")), "cls.predictions.transform.LayerNorm")
        result["tokenLogits"] = said @ w[f"{prefix}embeddings.word_embeddings.weight"].t() + w["cls.predictions.bias"]
        result["sentenceLogits"] = linear(pooled, "cls.seq_relationship")
    else:
        result["sentenceLogits"] = linear(pooled, "classifier")
    return result


# Llama and Mistral

def llama_weights(config):
    d, inner, size = config["hidden_size"], config["intermediate_size"], config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    width, key_width = config["num_attention_heads"] * size, config["num_key_value_heads"] * size
    w = {"model.embed_tokens.weight": random(config["vocab_size"], d)}
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        w[f"{layer}.input_layernorm.weight"] = norm_weight(d)
        for name, rows, columns in (("q", width, d), ("k", key_width, d), ("v", key_width, d), ("o", d, width)):
            w[f"{layer}.self_attn.{name}_proj.weight"] = random(rows, columns)
        w[f"{layer}.post_attention_layernorm.weight"] = norm_weight(d)
        for name, rows, columns in (("gate", inner, d), ("up", inner, d), ("down", d, inner)):
            w[f"{layer}.mlp.{name}_proj.weight"] = random(rows, columns)
    w["model.norm.weight"] = norm_weight(d)
    if not config["tie_word_embeddings"]:
        w["lm_head.weight"] = random(config["vocab_size"], d)
    return w


def frequencies(config, size):
    inverse = 1 / config["rope_theta"] ** (torch.arange(0, size, 2, dtype=torch.float64) / size)
    scaling = config.get("rope_scaling")
    if scaling is None:
        return inverse
    if scaling.get("type") == "linear":
        return inverse / scaling["factor"]
    # Llama 3: long waves are stretched, short ones stay, and between them it goes over.
    low, high, old = scaling["low_freq_factor"], scaling["high_freq_factor"], scaling["original_max_position_embeddings"]
    wave = 2 * math.pi / inverse
    smooth = (old / wave - low) / (high - low)
    between = (1 - smooth) * inverse / scaling["factor"] + smooth * inverse
    return torch.where(wave < old / high, inverse, torch.where(wave > old / low, inverse / scaling["factor"], between))


def rotate(x, config):
    length, size = x.shape[-2:]
    angles = torch.arange(length, dtype=torch.float64)[:, None] * frequencies(config, size)
    cos, sin = (torch.cat((t, t), -1) for t in (angles.cos(), angles.sin()))
    half = torch.cat((-x[..., size // 2:], x[..., :size // 2]), -1)
    return x * cos + half * sin


def llama_logits(config, w, tokens):
    linear = lambda x, name: x @ w[f"{name}.weight"].t()
    norm = lambda x, name: x / torch.sqrt((x ** 2).mean(-1, keepdim=True) + config["rms_norm_eps"]) * w[f"{name}.weight"]
    heads, key_heads = config["num_attention_heads"], config["num_key_value_heads"]
    x = w["model.embed_tokens.weight"][tokens]
    allowed = causal(tokens.shape[1], config.get("sliding_window"))
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        y = norm(x, f"{layer}.input_layernorm")
        q = rotate(heads_of(linear(y, f"{layer}.self_attn.q_proj"), heads), config)
        k = rotate(heads_of(linear(y, f"{layer}.self_attn.k_proj"), key_heads), config)
        v = heads_of(linear(y, f"{layer}.self_attn.v_proj"), key_heads)
        k, v = (t.repeat_interleave(heads // key_heads, 1) for t in (k, v))
        x = x + linear(attend(q, k, v, allowed), f"{layer}.self_attn.o_proj")
        y = norm(x, f"{layer}.post_attention_layernorm")
        x = x + linear(F.silu(linear(y, f"{layer}.mlp.gate_proj")) * linear(y, f"{layer}.mlp.up_proj"), f"{layer}.mlp.down_proj")
    x = norm(x, "model.norm")
    return x @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).t()


expected = {}


def keep(name, tokens, results, **given):
    plain = {key: np.round(value.numpy(), 8).tolist() for key, value in results.items()}
    expected[name] = {"tokens": tokens.tolist(), **given, **plain}


tokens = torch.tensor([[3, 1, 4, 1, 5, 9, 2], [6, 5, 3, 5, 8, 9, 7]])

gpt2 = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 11, "n_positions": 9, "n_ctx": 9, "n_embd": 8, "n_head": 2, "n_layer": 2,
        "n_inner": None, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "resid_pdrop": 0.1, "bos_token_id": 10}
w = gpt2_weights(gpt2, "transformer.")
for i in range(2):
    w[f"transformer.h.{i}.attn.bias"] = torch.tril(torch.ones(9, 9, dtype=torch.float64)).reshape(1, 1, 9, 9)
w["lm_head.weight"] = w["transformer.wte.weight"]
keep("gpt2", tokens, {"logits": gpt2_logits(gpt2, write("gpt2", gpt2, w), "transformer.", tokens)})
# As the first ones were published, without a prefix; in half precision, in three files.
w = gpt2_weights({**gpt2, "n_inner": 12}, "")
keep("gpt2-sharded", tokens, {"logits": gpt2_logits(gpt2, write("gpt2-sharded", {**gpt2, "n_inner": 12}, w, "BF16", shards=3), "", tokens)})

bert = {"model_type": "bert", "architectures": ["BertForPreTraining"], "vocab_size": 10, "hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 2,
        "intermediate_size": 12, "max_position_embeddings": 9, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "hidden_dropout_prob": 0.1}
segments, lengths = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 1, 0, 0]]), [7, 5]
names = ("gamma", "beta")
w, linear, norm = bert_weights(bert, "bert.", names)
w["bert.embeddings.position_ids"] = torch.arange(9)[None, :]
linear("bert.pooler.dense", 8, 8)
linear("cls.predictions.transform.dense", 8, 8)
norm("cls.predictions.transform.LayerNorm")
w["cls.predictions.bias"] = random(10)
w["cls.predictions.decoder.weight"] = w["bert.embeddings.word_embeddings.weight"]
linear("cls.seq_relationship", 2, 8)
read = write("bert", bert, w)
keep("bert", tokens, bert_forward(bert, read, "bert.", names, tokens, segments, lengths), segments=segments.tolist(), lengths=lengths)
names = ("weight", "bias")
classifier = {**bert, "architectures": ["BertForSequenceClassification"]}
w, linear, norm = bert_weights(classifier, "bert.", names)
linear("bert.pooler.dense", 8, 8)
linear("classifier", 3, 8)
read = write("bert-classifier", classifier, w, "F16")
keep("bert-classifier", tokens, bert_forward(bert, read, "bert.", names, tokens, segments, lengths), segments=segments.tolist(), lengths=lengths)

llama = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 10, "hidden_size": 12, "num_attention_heads": 4, "num_key_value_heads": 2,
         "head_dim": 4, "num_hidden_layers": 2, "intermediate_size": 10, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 500.0,
         "hidden_act": "silu", "tie_word_embeddings": False, "rope_scaling": None, "bos_token_id": 1}
keep("llama", tokens, {"logits": llama_logits(llama, write("llama", llama, llama_weights(llama), shards=2), tokens)})
tied = {**llama, "tie_word_embeddings": True, "rope_theta": 10000.0, "head_dim": 8, "num_key_value_heads": 1,
        "rope_scaling": {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}}
keep("llama-tied", tokens, {"logits": llama_logits(tied, write("llama-tied", tied, llama_weights(tied), "BF16"), tokens)})
mistral = {**llama, "model_type": "mistral", "architectures": ["MistralForCausalLM"], "sliding_window": 3, "rope_scaling": {"type": "linear", "factor": 2.0}}
keep("mistral", tokens, {"logits": llama_logits(mistral, write("mistral", mistral, llama_weights(mistral), "F16"), tokens)})

with open("pretrained/expected.json", "w") as f:
    json.dump(expected, f)
    f.write("\n")
