"""Writes the golden files of @dl/checkpoint with json, struct, numpy and PyTorch's tensors, from the published description of
the safetensors format. Run it in this folder: python3 make-golden.py"""

import json
import struct

import numpy as np
import torch

CODES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
         "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "|b1"}


def encode(dtype, values):
    if dtype == "BF16":  # numpy has none
        return torch.tensor(values).to(torch.bfloat16).view(torch.int16).numpy().astype("<i2").tobytes()
    if dtype == "F16":
        return torch.tensor(values).to(torch.float16).numpy().astype("<f2").tobytes()
    return np.asarray(values, CODES[dtype]).tobytes()


def file_of(tensors, metadata=None, pad=0):
    header, body = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, dtype, shape, values in tensors:
        data = encode(dtype, values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * pad
    return struct.pack("<Q", len(text)) + text + body


def plain(value):
    """A number as JSON can say it."""
    return value if np.isfinite(value) and not (value == 0 and np.signbit(value)) else {"special": repr(float(value))}


nan, inf = float("nan"), float("inf")
halves = [0.0, -0.0, 1.0, -1.5, 65504.0, 2.0 ** -24, -(2.0 ** -14), 2.0 ** -15 + 2.0 ** -24, 0.333251953125, inf, -inf, nan]
brains = [0.0, -0.0, 1.0, -1.5, 2.0 ** 127, 2.0 ** -133, -3.140625, inf, -inf, nan]
every = [
    ("f64", "F64", [2, 3], [0.1, -0.0, 5e-324, inf, -inf, nan]),
    ("f32", "F32", [3], [float(np.float32(0.1)), 2.0 ** -149, -3.5]),
    ("f16", "F16", [4, 3], halves),
    ("bf16", "BF16", [10], brains),
    ("i64", "I64", [2], [-(2 ** 31), 2 ** 31 - 1]),
    ("i32", "I32", [3, 1], [-(2 ** 31), 0, 2 ** 31 - 1]),
    ("i16", "I16", [2], [-32768, 32767]),
    ("i8", "I8", [2], [-128, 127]),
    ("u64", "U64", [2], [0, 2 ** 31 - 1]),
    ("u32", "U32", [1], [2 ** 31 - 1]),
    ("u16", "U16", [1], [65535]),
    ("u8", "U8", [2], [0, 255]),
    ("bool", "BOOL", [3], [True, False, True]),
    ("scalar", "F32", [], [7.0]),
    ("empty", "F32", [0, 4], []),
    ("schicht.größe.重み", "I32", [1], [1]),
]

# Odd padding and narrow types in front: nothing is aligned, which a reader must not mind.
with open("every-type.safetensors", "wb") as f:
    f.write(file_of([every[11]] + [t for i, t in enumerate(every) if i != 11], {"made by": "hand", "é": "ü"}, pad=3))
with open("every-type.json", "w") as f:
    json.dump({n: {"shape": s, "values": [plain(v) for v in vs]} for n, _, s, vs in every}, f, indent=1)

# What our own writer is to make of the tensors in written.test.ts: wide types first, then by name, aligned to 8.
half = [1.0, -0.0, 2.0 ** -24, 65504.0, 1e6, 1 / 3]
ordered = [("c", "F64", [1], [0.1]), ("a.weight", "F32", [2, 2], [1.0, 2.0, 3.0, 4.0]), ("b", "F32", [], [-1.0]),
           ("labels", "I32", [3], [7, -8, 9]), ("brain", "BF16", [3], [-3.140625, 2.0 ** -133, 1 / 3]), ("half", "F16", [2, 3], half),
           ("bytes", "U8", [2], [3, 200]), ("mask", "BOOL", [3], [True, False, True])]
unpadded = file_of(ordered, {"model": "LeNet-5"})
(length,) = struct.unpack("<Q", unpadded[:8])
with open("written.safetensors", "wb") as f:
    f.write(file_of(ordered, {"model": "LeNet-5"}, pad=-length % 8))
