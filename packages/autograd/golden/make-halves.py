"""Writes halves.json: what PyTorch makes of float16 and bfloat16, as digests of many results. Run it in this folder:
python3 make-halves.py"""

import hashlib
import json

import torch

print(torch.__version__)


def digest(numbers, kind):
    return hashlib.sha256(numbers.numpy().astype(kind).tobytes()).hexdigest()


def hard(dtype):
    """Bits of float32: those between each two neighbours, and just beside; then numbers with bits as they come."""
    halves = torch.arange(0, 0x7C00 if dtype == torch.float16 else 0x7F80, dtype=torch.int32)
    if dtype == torch.float16:
        value = halves.to(torch.int16).view(dtype).double()
        after = torch.cat([value[1:], torch.tensor([65536.0], dtype=torch.float64)])
        middle = ((value + after) / 2).float().view(torch.int32).long()
    else:
        middle = (halves.long() << 16) + 0x8000
    bits = torch.stack([middle - 1, middle, middle + 1], 1).reshape(-1)
    state, drawn = 1, []
    for _ in range(20000):
        state = (state * 1664525 + 1013904223) % 2 ** 32
        drawn.append(state)
    special = [0, 1, 2, 0x007FFFFF, 0x00800000, 0x33000000, 0x33000001, 0x387FFFFF, 0x38800000, 0x477FEFFF, 0x477FF000,
               0x477FFFFF, 0x47800000, 0x7F7F7FFF, 0x7F7F8000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000, 0x7FFFFFFF]
    bits = torch.cat([bits, torch.tensor(special)])
    return torch.cat([bits, bits + 2 ** 31, torch.tensor(drawn)])


def rounded(dtype):
    bits = hard(dtype)
    signed = torch.where(bits >= 2 ** 31, bits - 2 ** 32, bits).to(torch.int32)
    y = signed.view(torch.float32).to(dtype)
    out = y.view(torch.int16).int() & 0xFFFF
    out[y.isnan()] = 0xFFFF  # which NaN is nobody's business
    return {"count": len(out), "digest": digest(out, "<u2")}


def values(dtype):
    """Each of the 65536."""
    y = torch.arange(65536, dtype=torch.int32).to(torch.int16).view(dtype).float()
    bits = y.view(torch.int32).clone()
    bits[y.isnan()] = -1
    return {"digest": digest(bits, "<i4")}


def of_others(dtype):
    doubles = [1 + 2 ** -11 + 2 ** -40, 1 / 3, 65519.99999999999, 1e300, -1e-300, 2 ** -25 + 2 ** -60]
    integers = [2049, 2051, 65519, 65520, 16777217, -(2 ** 31), 257, 259]
    back = [1.5, -1.5, 0.0, -0.0, 0.1, 2047.9]
    plain = lambda x: [v if abs(v) != float("inf") else ("inf" if v > 0 else "-inf") for v in x.double().tolist()]
    return {
        "doubles": plain(torch.tensor(doubles, dtype=torch.float64).to(dtype)),
        "integers": plain(torch.tensor(integers, dtype=torch.int32).to(dtype)),
        "toInt": torch.tensor(back).to(dtype).int().tolist(),
        "toBool": torch.tensor(back).to(dtype).bool().tolist(),
        "ofBool": plain(torch.tensor([True, False]).to(dtype)),
    }


result = {}
for name, dtype in (("float16", torch.float16), ("bfloat16", torch.bfloat16)):
    info = torch.finfo(dtype)
    limits = {"epsilon": info.eps, "largest": info.max}
    result[name] = {**limits, "rounded": rounded(dtype), "values": values(dtype), "others": of_others(dtype)}
with open("halves.json", "w") as f:
    json.dump(result, f, indent=1)
