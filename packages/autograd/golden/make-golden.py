#!/usr/bin/python3
"""Asks PyTorch (and NumPy, where PyTorch has no counterpart) what every op should give: see README.md.

Reads the cases from standard input, as scripts/write-golden-inputs.ts prints them, and writes ops.json and
functions.json beside this file. For each case: the outputs and the gradients of every float input in float64 and in
float32, going back from dy[i] = ((5 i) mod 16 - 7.5) / 8.
"""

import itertools
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

DTYPES = {'float32': torch.float32, 'float64': torch.float64, 'int32': torch.int32, 'bool': torch.bool}


# --- Helpers of the tables below ------------------------------------------------------------------------------------


def reduce_with(f):
    """f(x, axes, keepdim) over all axes when none are given; over no axis it changes nothing."""

    def run(x, axes=None, keepDims=False, **attrs):
        axes = list(range(x.dim())) if axes is None else [axes] if isinstance(axes, int) else axes
        return x if axes == [] else f(x, axes, keepDims, **attrs)

    return run


def counted(x):
    """PyTorch counts booleans in int64, and we in int32."""
    return torch.int32 if x.dtype == torch.bool else x.dtype


def prod(x, axes, keepDims):
    for axis in sorted((a % x.dim() for a in axes), reverse=True):
        x = torch.prod(x, axis, keepdim=keepDims)
    return x


def truth(f):
    """any and all, one axis after the other."""

    def run(x, axes, keepDims):
        for axis in sorted(axes, reverse=True):
            x = f(x, axis, keepdim=keepDims)
        return x

    return run


def norm(x, axes, keepDims, p=2):
    return torch.linalg.vector_norm(x, ord=p, dim=axes, keepdim=keepDims)


def at(x, index):
    """x at the places of an array of flat positions, as a differentiable gather."""
    return x.flatten()[torch.from_numpy(np.ascontiguousarray(index).astype(np.int64))]


def positions(shape):
    """The flat position of each element: whatever NumPy does to this array tells where the elements of x go."""
    return np.arange(math.prod(shape)).reshape(shape)


def slice_positions(shape, starts, steps, counts):
    """Flat positions of element start + step · k, for k below the count, along each axis."""
    index = positions(shape)
    for axis, (start, step, count) in enumerate(zip(starts, steps, counts)):
        index = index.take([start + step * k for k in range(count)], axis)
    return index


def slice_grad(g, starts, steps, shape):
    index = torch.from_numpy(slice_positions(shape, starts, steps, g.shape).flatten())
    return torch.zeros(math.prod(shape), dtype=g.dtype).index_put((index,), g.flatten()).reshape(shape)


def write_slice(x, value, starts, steps):
    index = torch.from_numpy(slice_positions(x.shape, starts, steps, value.shape).flatten())
    written = x.detach().clone().flatten()
    written[index] = value.detach().flatten()
    return written.reshape(x.shape)


def python_key(ranges):
    return tuple(... if r == '...' else r if isinstance(r, int) else slice(None) if r is None else slice(*(r if len(r) > 1 else [r[0], None])) for r in ranges)


def python_slice(x, ranges):
    return at(x, positions(x.shape)[python_key(ranges)])


def python_write(x, ranges, value=None, number=None):
    """x[...] = value, by NumPy, since PyTorch has no negative steps."""
    written = x.detach().clone()
    written.numpy()[python_key(ranges)] = number if value is None else value.detach().numpy()
    return written


def numpy_pad(x, pads, mode='constant', value=0):
    if mode == 'constant':
        return F.pad(x, [n for pair in reversed(pads) for n in pair], value=value)
    return at(x, np.pad(positions(x.shape), pads, mode={'reflect': 'reflect', 'replicate': 'edge', 'circular': 'wrap'}[mode]))


def prod_of_others(x, axes):
    """Element by element, the product of the others: no formula that could share a mistake with ours."""
    kept = [a for a in range(x.dim()) if a not in axes]
    order = kept + list(axes)
    rows = x.permute(order).reshape(math.prod(x.shape[a] for a in kept), -1)
    n = rows.shape[1]
    products = torch.stack([torch.prod(torch.cat([rows[:, :i], rows[:, i + 1:]], 1), 1) for i in range(n)], 1)
    return products.reshape([x.shape[a] for a in order]).permute([order.index(a) for a in range(x.dim())])


def conv2d(x, weight, bias=None, *, stride, padding, dilation, groups):
    top, bottom, left, right = padding
    return F.conv2d(F.pad(x, [left, right, top, bottom]), weight, bias, stride, 0, dilation, groups)


def vjp(f, shape, g):
    """The gradient of a linear f for an input of `shape`, itself differentiable."""
    x = torch.zeros(shape, dtype=g.dtype, requires_grad=True)
    return torch.autograd.grad(f(x), x, g, create_graph=True)[0]


def grad_of(f):
    """The gradient of f(x) for an upstream g, itself differentiable."""

    def run(g, x, **attrs):
        return torch.autograd.grad(f(x, **attrs), x, g, create_graph=True)[0]

    return run


def pool_attrs(kernel, stride, padding, ceilMode, countIncludePad=None, dilation=None):
    attrs = dict(kernel_size=kernel, stride=stride, padding=padding, ceil_mode=ceilMode)
    more = dict(count_include_pad=countIncludePad, dilation=dilation)
    return {**attrs, **{name: value for name, value in more.items() if value is not None}}


def one_pool(f, **fixed):
    """The public pools: the stride is the kernel unless it is given."""

    def run(x, kernel, stride=None, padding=0, ceilMode=False, **attrs):
        return f(x, kernel, stride or kernel, padding, ceil_mode=ceilMode, **{snake(k): v for k, v in attrs.items()})

    return run


def max_pool_grad(g, indices, shape):
    rows = torch.zeros(*shape[:2], shape[2] * shape[3], dtype=g.dtype)
    return rows.scatter_add(2, indices.flatten(2).long(), g.flatten(2)).reshape(shape)


def snake(name):
    return ''.join(f'_{c.lower()}' if c.isupper() else c for c in name)


def ordered(result):
    return [result[0], result[1].to(torch.int32)]


def top_k(x, k, axis=-1, largest=True):
    return ordered(torch.topk(x, k, axis, largest, sorted=True))


def sort(x, axis=-1, descending=False):
    return ordered(torch.sort(x, dim=axis, descending=descending, stable=True))


def ctc_losses(logProbs, labels, inputLengths, blank=0):
    """The forward algorithm, of states that can be reached only: its gradient is the formula's, and that of F.ctc_loss is not."""
    losses = []
    for n, (row, length) in enumerate(zip(labels, inputLengths)):
        x = logProbs[:, n]
        said = [blank] + [c for label in row for c in (label, blank)]
        ways = [x[0, c] if s < 2 else None for s, c in enumerate(said)]
        for t in range(1, length):
            before, ways = ways, []
            for s, c in enumerate(said):
                jumps = s > 1 and c != blank and c != said[s - 2]
                reached = [before[p] for p in (s, s - 1, s - 2) if p >= 0 and (p > s - 2 or jumps) and before[p] is not None]
                ways.append(torch.logsumexp(torch.stack(reached), 0) + x[t, c] if reached else None)
        ends = [way for way in ways[-2:] if way is not None]
        losses.append(-torch.logsumexp(torch.stack(ends), 0) if ends else 0 * x.sum() + math.inf)
    losses = torch.stack(losses)
    lengths = [len(row) for row in labels]
    targets = torch.tensor([c for row in labels for c in row], dtype=torch.long)
    theirs = F.ctc_loss(logProbs.detach(), targets, inputLengths, lengths, blank, reduction='none')
    if logProbs.isfinite().all():  # else PyTorch spreads what is not finite over all ways
        assert torch.allclose(losses.detach(), theirs, rtol=1e-4), (losses, theirs)
    return losses


def crf_log_partition(emissions, transitions, start, end, lengths=None):
    """Over every sequence of tags, one by one: those that are forbidden are left out, and nothing is left of a sum of none."""
    batch, time, tags = emissions.shape
    totals = []
    for row in range(batch):
        scores = []
        for y in itertools.product(range(tags), repeat=time if lengths is None else lengths[row]):
            parts = [start[y[0]], *(emissions[row, t, tag] for t, tag in enumerate(y)), end[y[-1]]]
            parts += [transitions[before, after] for before, after in zip(y, y[1:])]
            if all(part != -math.inf for part in parts):
                scores.append(sum(parts))
        totals.append(torch.logsumexp(torch.stack(scores), 0) if scores else 0 * emissions[row].sum() - math.inf)
    return torch.stack(totals)


def crf_log_partition_grad(g, *chain, **named):
    chain = [*chain, *(named.pop(name) for name in ('emissions', 'transitions', 'start', 'end'))]
    found = torch.autograd.grad(crf_log_partition(*chain, **named), chain, g, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if each is None else each for x, each in zip(chain, found)]


def index_of(f):
    def run(x, axis=None, keepDims=False):
        # PyTorch has none of booleans.
        x = x.int() if x.dtype == torch.bool else x
        return (f(x) if axis is None else f(x, axis, keepdim=keepDims)).to(torch.int32)

    return run


def spread(x, axes, correction, keepDims, f):
    return f(x, dim=axes, correction=correction, keepdim=keepDims)


def sgd_update(params, grads, buffers, lr, momentum, dampening, nesterov, weightDecay, maximize, isNew):
    params, grads = in_place(params), in_place(grads)
    former = [None if new else b for new, b in zip(isNew, in_place(buffers))] if buffers else [None] * len(params)
    sgd(
        params, grads, former, foreach=False, has_sparse_grad=False, lr=lr, momentum=momentum, dampening=dampening,
        nesterov=nesterov, weight_decay=weightDecay, maximize=maximize,
    )
    return params + (former if buffers else [])


def adam_update(params, grads, expAvgs, expAvgSqs, maxExpAvgSqs, lr, betas, eps, weightDecay, decoupled, maximize, steps):
    lists = [in_place(tensors) for tensors in (params, grads, expAvgs, expAvgSqs, maxExpAvgSqs)]
    # PyTorch counts the step itself.
    counts = [torch.tensor(float(step - 1)) for step in steps]
    update = adamw if decoupled else adam
    update(
        *lists, counts, foreach=False, capturable=False, amsgrad=len(maxExpAvgSqs) > 0, beta1=betas[0], beta2=betas[1],
        lr=lr, weight_decay=weightDecay, eps=eps, maximize=maximize,
    )
    return lists[0] + lists[2] + lists[3] + lists[4]


def update_elements(targets, operands, formula):
    count = len(targets) // formula['targets']
    targets, operands = in_place(targets), in_place(operands)
    changed = list(targets)
    for k in range(count):
        values = targets[k::count] + operands[k::count]
        like = targets[k]
        for step in formula['steps']:
            if isinstance(step, list):
                values.append(ELEMENT_OPS[step[0]](*(values[i] for i in step[1:])))
            else:
                values.append(torch.full_like(like, step))
        for i, value in enumerate(formula['results']):
            changed[i * count + k] = values[value]
    return changed


def test_of(compare):
    return lambda a, b: compare(a, b).to(a.dtype)


ELEMENT_OPS = {
    'add': torch.add, 'sub': torch.sub, 'mul': torch.mul, 'div': torch.div, 'maximum': torch.maximum,
    'minimum': torch.minimum, 'less': test_of(torch.lt), 'lessEqual': test_of(torch.le), 'equal': test_of(torch.eq),
    'neg': torch.neg, 'abs': torch.abs, 'sign': torch.sign, 'square': torch.square, 'sqrt': torch.sqrt,
    'where': lambda condition, a, b: torch.where(condition != 0, a, b),
}


def word2vec_update(input, output, bags, targets, labels, lr):
    tables, losses = in_place([input, output]), []
    for bag, target, label in zip(bags, targets, labels):
        words, others = [x.requires_grad_() for x in in_place(tables)]
        rows = words[bag[bag >= 0].long()]
        hidden = rows.mean(0) if len(rows) > 0 else torch.zeros_like(words[0])
        scores = others[target[target >= 0].long()] @ hidden
        loss = F.binary_cross_entropy_with_logits(scores, label.detach()[target >= 0], reduction='sum')
        losses.append(loss.detach())
        slopes = torch.autograd.grad(loss, [words, others], allow_unused=True)
        tables = [x if g is None else x - lr * g for x, g in zip(tables, slopes)]
    return [torch.stack(losses), *tables]


def in_place(tensors):
    return [x.detach().clone() for x in tensors]
def over_inner(each):
    """One number a channel, against [..., channels, inner]."""
    return each.unsqueeze(-1)


def normalize_groups(x, weight=None, bias=None, *, eps, center):
    batch, groups, channels, inner = x.shape
    if weight is None and bias is not None:
        weight = torch.ones_like(bias)  # F.group_norm of PyTorch 1.13 fails in its gradient without one
    if center:
        flat = [each if each is None else each.flatten() for each in (weight, bias)]
        return F.group_norm(x.reshape(batch, groups * channels, inner), groups, *flat, eps).reshape(x.shape)
    y = x * torch.rsqrt((x * x).mean([2, 3], keepdim=True) + eps)
    y = y if weight is None else y * over_inner(weight)
    return y if bias is None else y + over_inner(bias)


def normalize_batch(x, weight=None, bias=None, *, eps):
    if eps == 0:  # PyTorch gives NaN for a constant channel
        y = standardized(x, [0, 2], 0)
        y = y if weight is None else y * over_inner(weight)
        y = y if bias is None else y + over_inner(bias)
    else:
        y = F.batch_norm(x, None, None, weight, bias, training=True, eps=eps)
    return [y, x.mean([0, 2]), x.var([0, 2], unbiased=False)]


def affine_grads(native, by_formula, x, weight, shape, gs):
    """The gradients of native(x, weight, bias) for all three, which must be those of a formula; these can be
    differentiated again, and PyTorch 1.13 fails at its own. Without a weight, for one of ones."""
    weight = torch.ones(shape, dtype=x.dtype, requires_grad=True) if weight is None else weight
    leaves = [x, weight, torch.zeros(shape, dtype=x.dtype, requires_grad=True)]
    found = torch.autograd.grad(by_formula(*leaves), leaves, gs, create_graph=True)
    torch.testing.assert_close(found, torch.autograd.grad(native(*leaves), leaves, gs), rtol=1e-4, atol=1e-4)
    return list(found)


def standardized(x, axes, eps):
    """What does not vary, with eps 0, becomes 0."""
    centred = x - x.mean(axes, keepdim=True)
    variance = (centred * centred).mean(axes, keepdim=True) + eps
    is_constant = variance == 0
    return centred * torch.where(is_constant, 0, 1) * torch.rsqrt(torch.where(is_constant, 1, variance))


def normalize_groups_grad(g, x, weight=None, **attrs):
    def native(*inputs):
        return normalize_groups(*inputs, **attrs)

    def by_formula(x, weight, bias):
        normal = standardized(x, [2, 3], attrs['eps']) if attrs['center'] else normalize_groups(x, **attrs)
        return normal * over_inner(weight) + over_inner(bias)

    return affine_grads(native, by_formula, x, weight, x.shape[1:3], g)


def normalize_batch_grad(g, gMean, gVariance, x, weight=None, *, eps):
    def native(*inputs):
        return normalize_batch(*inputs, eps=eps)

    def by_formula(x, weight, bias):
        y = standardized(x, [0, 2], eps) * over_inner(weight) + over_inner(bias)
        return [y, x.mean([0, 2]), x.var([0, 2], unbiased=False)]

    return affine_grads(native, by_formula, x, weight, x.shape[1:2], [g, gMean, gVariance])


def normalize_channels(x, mean, variance, weight=None, bias=None, *, eps):
    """By formula, because F.batch_norm has no gradient for the statistics; the values must be those of F.batch_norm."""
    y = (x - over_inner(mean)) * over_inner(torch.rsqrt(variance + eps))
    y = y if weight is None else y * over_inner(weight)
    y = y if bias is None else y + over_inner(bias)
    torch.testing.assert_close(y, F.batch_norm(x, mean.detach(), variance.detach(), weight, bias, False, 0, eps))
    return y


def rms_norm(x, shape, weight=None, eps=None):
    """By formula: PyTorch 1.13 has none. The default eps is that of later versions."""
    eps = torch.finfo(x.dtype).eps if eps is None else eps
    y = x * torch.rsqrt((x * x).mean(list(range(-len(shape), 0)), keepdim=True) + eps)
    return y if weight is None else y * weight


def batch_norm(x, weight=None, bias=None, eps=1e-5):
    axes = [0, *range(2, x.dim())]
    y = F.batch_norm(x, None, None, weight, bias, training=True, eps=eps)
    return [y, x.mean(axes), x.var(axes, unbiased=False)]


def batch_norm_inference(x, mean, variance, weight=None, bias=None, eps=1e-5):
    return normalize_channels(x.flatten(2) if x.dim() > 2 else x.unsqueeze(2), mean, variance, weight, bias, eps=eps).reshape(x.shape)


def threefry(key0, key1, counter0, counter1):
    """Threefry-2x32 with 20 rounds (Salmon et al., 2011), on integers."""
    mask = 0xFFFFFFFF
    keys = [key0, key1, key0 ^ key1 ^ 0x1BD11BDA]
    x, y = (counter0 + key0) & mask, (counter1 + key1) & mask
    for round, turn in enumerate([13, 15, 26, 6, 17, 29, 16, 24] * 2 + [13, 15, 26, 6], 1):
        x = (x + y) & mask
        y = ((y << turn | y >> (32 - turn)) & mask) ^ x
        if round % 4 == 0:
            x = (x + keys[round // 4 % 3]) & mask
            y = (y + keys[(round // 4 + 1) % 3] + round // 4) & mask
    return x, y


def dropped(shape, p, seed, position):
    """Which elements dropout leaves out: where the upper 24 bits of word position + i, as a fraction, are below p."""
    words = [
        threefry(seed & 0xFFFFFFFF, seed >> 32, i // 2 & 0xFFFFFFFF, i // 2 >> 32)[i % 2]
        for i in range(position, position + math.prod(shape))
    ]
    return torch.tensor([(word >> 8) * 2**-24 < p for word in words], dtype=torch.bool).reshape(shape)


def drop_elements(x, p, seed, position):
    return torch.where(dropped(x.shape, p, seed, position), 0, x * (0 if p == 1 else 1 / (1 - p)))


def attention_scores(q, k, mask, bias, scale, causal, offset, window, softcap):
    """Scores before and after bias and mask, and where queries may look. Heads that share keys: each gets them."""
    scores = scale * (q @ k.repeat_interleave(q.shape[1] // k.shape[1], 1).transpose(-1, -2))
    capped = softcap * torch.tanh(scores / softcap) if softcap else scores
    here = torch.arange(q.shape[2]).unsqueeze(1) + offset
    there = torch.arange(k.shape[2])
    allowed = torch.ones(scores.shape, dtype=torch.bool)
    if causal:
        allowed = allowed & (there <= here)
    if window:
        allowed = allowed & ((there - here).abs() < window)
    if mask is not None:
        allowed = allowed & mask
    biased = capped if bias is None else capped + bias
    return capped, torch.where(allowed, biased, -math.inf), allowed


def attention_op(
    q, k, v, mask=None, bias=None, *, scale, causal=False, offset=0, window=0, softcap=0, dropoutP=0, seed=0, position=0
):
    """By formula: PyTorch 1.13 has no F.scaled_dot_product_attention. Queries without a key get zeros, as since 2.5."""
    _, scores, _ = attention_scores(q, k, mask, bias, scale, causal, offset, window, softcap)
    is_empty = (scores == -math.inf).all(-1, keepdim=True)
    weights = torch.softmax(torch.where(is_empty, 0, scores), -1)
    if dropoutP:
        weights = drop_elements(weights, dropoutP, seed, position)
    return torch.where(is_empty, 0, weights @ v.repeat_interleave(q.shape[1] // v.shape[1], 1))


def attention_backward(dy, q, k, v, y, lse, mask, bias, softcap=0, dropoutP=0, seed=0, position=0, **attrs):
    capped, scores, allowed = attention_scores(q, k, mask, bias, softcap=softcap, **attrs)
    weights = torch.exp(scores - torch.where(lse == -math.inf, math.inf, lse).unsqueeze(-1))
    dropping = (lambda x: drop_elements(x, dropoutP, seed, position)) if dropoutP else (lambda x: x)
    each = dropping(dy @ v.repeat_interleave(q.shape[1] // v.shape[1], 1).transpose(-1, -2))
    ds = torch.where(allowed, weights * (each - (dy * y).sum(-1, keepdim=True)), 0)
    return ds, ds * (1 - (capped / softcap) ** 2) if softcap else ds, dropping(weights)


def attention_grad(dy, q, k, v, y, lse, mask=None, bias=None, **attrs):
    """dq, dk, dv as FlashAttention has them, for any y and lse."""
    _, slope, weights = attention_backward(dy, q, k, v, y, lse, mask, bias, **attrs)
    over_group = lambda x, like: x.reshape(like.shape[0], like.shape[1], -1, *x.shape[2:]).sum(2)
    dq = attrs['scale'] * slope @ k.repeat_interleave(q.shape[1] // k.shape[1], 1)
    dk = over_group(attrs['scale'] * slope.transpose(-1, -2) @ q, k)
    return [dq, dk, over_group(weights.transpose(-1, -2) @ dy, v)]


def attention_bias_grad(dy, q, k, v, y, lse, bias, mask=None, **attrs):
    ds, _, _ = attention_backward(dy, q, k, v, y, lse, mask, bias, **attrs)
    return ds.sum([axis for axis, length in enumerate(bias.shape) if length == 1], keepdim=True)


def attention(q, k, v, mask=None, bias=None, causal=False, offset=None, window=0, scale=None, softcap=0):
    """The same with axes in front that broadcast, and defaults."""
    lead = torch.broadcast_shapes(*(x.shape[:-3] for x in (q, k, v)))
    heads = max(x.shape[-3] if x.dim() > 2 else 1 for x in (q, k, v))
    count = math.prod(lead)
    in_four = lambda x, heads: x.expand(*lead, heads, *x.shape[-2:]).reshape(count, heads, *x.shape[-2:])
    key_heads = max(x.shape[-3] if x.dim() > 2 else 1 for x in (k, v))
    whole = lambda x: None if x is None else x.expand(*lead, heads, q.shape[-2], k.shape[-2]).reshape(count, heads, q.shape[-2], k.shape[-2])
    y = attention_op(
        in_four(q, heads), in_four(k, key_heads), in_four(v, key_heads), whole(mask), whole(bias),
        scale=1 / math.sqrt(q.shape[-1]) if scale is None else scale, causal=causal,
        offset=k.shape[-2] - q.shape[-2] if offset is None else offset, window=window, softcap=softcap,
    )
    rank = max(x.dim() for x in (q, k, v))
    return y.reshape(*lead, *([heads] if rank > 2 else []), *y.shape[-2:])


def rotary(x, cos, sin, layout='halves'):
    """Pairs as complex numbers, turned by a product; halves as rotate_half of Llama's implementations has them."""
    rotated = 2 * cos.shape[-1]
    part, rest = x[..., :rotated], x[..., rotated:]
    if layout == 'pairs':
        pairs = torch.view_as_complex(part.reshape(*part.shape[:-1], -1, 2).contiguous())
        turned = torch.view_as_real(pairs * torch.complex(cos, sin)).flatten(-2)
    else:
        a, b = part.chunk(2, -1)
        turned = part * torch.cat([cos, cos], -1) + torch.cat([-b, a], -1) * torch.cat([sin, sin], -1)
    return torch.cat([turned, rest], -1)


def steps_of(time, reverse):
    return range(time - 1, -1, -1) if reverse else range(time)


def through(gates, states, body, lengths, reverse):
    """Goes through the steps of each sequence by itself, as `body(gates at the step, *states) -> states` says: the first state is
    what it gives out."""
    rows = []
    for b, row in enumerate(gates):
        own, given = [state[b] for state in states], [None] * len(row)
        for t in steps_of(lengths[b] if lengths else len(row), reverse):
            own = body(row[t], *own)
            given[t] = own[0]
        given = [torch.zeros_like(own[0]) if y is None else y for y in given]
        rows.append([torch.stack(given), *own])
    if not rows:  # a batch of 0
        return [torch.zeros(*gates.shape[:2], states[0].shape[1], dtype=gates.dtype), *states]
    return [torch.stack(parts) for parts in zip(*rows)]


def by_torch(run, gates, states, weights, lengths, reverse):
    """One of PyTorch's own networks, whose input weight is the identity, on gates that it adds to. The other direction is the second half of a
    network of both."""
    size = gates.shape[2]
    own = [torch.eye(size, dtype=gates.dtype), *weights]
    flat = [torch.zeros_like(w) for w in own] + own if reverse else own
    hx = [torch.stack([torch.zeros_like(s), s] if reverse else [s]) for s in states]
    hx = tuple(hx) if len(hx) > 1 else hx[0]
    has_biases = len(weights) > 2 and weights[1].dim() == 1
    settings = (has_biases, 1, 0.0, False, reverse)
    if lengths:
        packed = torch.nn.utils.rnn.pack_padded_sequence(gates, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
        moved = [h.index_select(1, packed.sorted_indices) for h in (hx if isinstance(hx, tuple) else (hx,))]
        data, *last = run(packed.data, packed.batch_sizes, tuple(moved) if isinstance(hx, tuple) else moved[0], flat, *settings)
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(
            torch.nn.utils.rnn.PackedSequence(data, *packed[1:]), batch_first=True, total_length=gates.shape[1]
        )
        last = [h.index_select(1, packed.unsorted_indices) for h in last]
    else:
        y, *last = run(gates, hx, flat, *settings, True)
    half = y.shape[2] // 2 if reverse else 0
    return [y[..., half:], *(h[-1] for h in last)]


def the_same(ours, theirs):
    """What PyTorch's own network gives, which the formula must give, too."""
    for a, b in zip(ours, theirs):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    return theirs


def elman_formula(gates, weight, h0, nonlinearity, lengths=None, reverse=False):
    f = torch.tanh if nonlinearity == 'tanh' else torch.relu
    return through(gates, [h0], lambda z, h: [f(z + weight @ h)], lengths, reverse)


def elman_sequence(gates, weight, h0=None, nonlinearity='tanh', lengths=None, reverse=False):
    h0 = torch.zeros(gates.shape[0], weight.shape[1], dtype=gates.dtype) if h0 is None else h0
    run = torch._VF.rnn_tanh if nonlinearity == 'tanh' else torch._VF.rnn_relu
    ours = elman_formula(gates, weight, h0, nonlinearity, lengths, reverse)
    return the_same(ours, by_torch(run, gates, [h0], [weight], lengths, reverse))


def lstm_formula(gates, weight, h0, c0, peepholes=None, projection=None, lengths=None, reverse=False):
    def peeped(z, k, c):
        return z if peepholes is None else z + peepholes[k] * c

    def step(z, h, c):
        i, f, g, o = (z + weight @ h).chunk(4)
        next = torch.sigmoid(peeped(f, 1, c)) * c + torch.sigmoid(peeped(i, 0, c)) * torch.tanh(g)
        out = torch.sigmoid(peeped(o, 2, next)) * torch.tanh(next)
        return [out if projection is None else projection @ out, next]

    return through(gates, [h0, c0], step, lengths, reverse)


def lstm_sequence(gates, weight, h0=None, c0=None, peepholes=None, projection=None, lengths=None, reverse=False):
    h0 = torch.zeros(gates.shape[0], weight.shape[1], dtype=gates.dtype) if h0 is None else h0
    c0 = torch.zeros(gates.shape[0], gates.shape[2] // 4, dtype=gates.dtype) if c0 is None else c0
    ours = lstm_formula(gates, weight, h0, c0, peepholes, projection, lengths, reverse)
    if peepholes is not None:  # PyTorch has none
        return ours
    weights = [weight] if projection is None else [weight, projection]
    return the_same(ours, by_torch(torch._VF.lstm, gates, [h0, c0], weights, lengths, reverse))


class Between(torch.autograd.Function):
    """a + z (b - a), with the gradients that are (1 - z) g, z g and (b - a) g: those of the sum could be ∞ - ∞."""

    @staticmethod
    def forward(ctx, a, b, z):
        ctx.save_for_backward(a, b, z)
        return a + z * (b - a)

    @staticmethod
    def backward(ctx, g):
        a, b, z = ctx.saved_tensors
        return (1 - z) * g, z * g, (b - a) * g


def gru_formula(gates, weight, h0, bias=None, reset='after', update='keep', lengths=None, reverse=False):
    hidden = h0.shape[1]
    b = torch.zeros(3 * hidden, dtype=gates.dtype) if bias is None else bias
    outer, inner = weight[: 2 * hidden], weight[2 * hidden :]

    def step(x, h):
        r, z = torch.sigmoid(x[: 2 * hidden] + outer @ h + b[: 2 * hidden]).chunk(2)
        u = r * (inner @ h + b[2 * hidden :]) if reset == 'after' else inner @ (r * h) + b[2 * hidden :]
        n = torch.tanh(x[2 * hidden :] + u)
        return [Between.apply(n, h, z) if update == 'keep' else Between.apply(h, n, z)]

    return through(gates, [h0], step, lengths, reverse)


def gru_sequence(gates, weight, h0=None, bias=None, reset='after', update='keep', lengths=None, reverse=False):
    h0 = torch.zeros(gates.shape[0], weight.shape[1], dtype=gates.dtype) if h0 is None else h0
    ours = gru_formula(gates, weight, h0, bias, reset, update, lengths, reverse)
    if (reset, update) != ('after', 'keep'):  # PyTorch has this form alone
        return ours
    biases = [] if bias is None else [torch.zeros_like(bias), bias]
    return the_same(ours, by_torch(torch._VF.gru, gates, [h0], [weight, *biases], lengths, reverse))


def back_through(gY, states, body, lengths, reverse):
    """The other way: `body(row, step, what comes to it, the step before or None, *gradients) -> (what it gives out, gradients)`."""
    rows = []
    for b in range(len(gY)):
        own, steps = [g[b] for g in states], list(steps_of(lengths[b] if lengths else gY.shape[1], reverse))
        given = [None] * gY.shape[1]
        for k in range(len(steps) - 1, -1, -1):
            given[steps[k]], own = body(b, steps[k], gY[b, steps[k]], steps[k - 1] if k > 0 else None, *own)
        some = given[steps[0]]
        rows.append([*(torch.stack(x) for x in zip(*([torch.zeros_like(v) for v in some] if v is None else v for v in given))), *own])
    return [torch.stack(parts) for parts in zip(*rows)]


def elman_sequence_grad(gY, gH, weight, y, nonlinearity='tanh', lengths=None, reverse=False):
    def step(b, t, g, before, gState):
        gz = (g + gState) * (1 - y[b, t] ** 2 if nonlinearity == 'tanh' else (y[b, t] > 0).to(y.dtype))
        return [gz], [gz @ weight]

    return back_through(gY, [gH], step, lengths, reverse)


def lstm_sequence_grad(gY, gH, gC, weight, c0, activations, cells, peepholes=None, projection=None, lengths=None, reverse=False):
    def seen(g, **by):
        return g if peepholes is None else g + sum(gz * peepholes['ifo'.index(k)] for k, gz in by.items())

    def step(b, t, g, before, gState, gCell):
        i, f, n, o = activations[b, t].chunk(4)
        cell, former = torch.tanh(cells[b, t]), c0[b] if before is None else cells[b, before]
        gOut = g + gState if projection is None else (g + gState) @ projection
        go = gOut * cell * o * (1 - o)
        gc = seen(gCell + gOut * o * (1 - cell ** 2), o=go)
        gi, gf = gc * n * i * (1 - i), gc * former * f * (1 - f)
        all = torch.cat([gi, gf, gc * i * (1 - n ** 2), go])
        return [all], [all @ weight, seen(gc * f, i=gi, f=gf)]

    return back_through(gY, [gH, gC], step, lengths, reverse)


def gru_sequence_grad(gY, gH, weight, h0, y, activations, reset='after', update='keep', lengths=None, reverse=False):
    hidden = h0.shape[1]
    outer, inner = weight[: 2 * hidden], weight[2 * hidden :]

    def step(b, t, g, before, gState):
        r, z, n, *u = activations[b, t].split(hidden)
        h, g = h0[b] if before is None else y[b, before], g + gState
        keeps, sign = (z, 1) if update == 'keep' else (1 - z, -1)
        gz, gn = sign * g * (h - n) * z * (1 - z), g * (1 - keeps) * (1 - n ** 2)
        gu = gn * r if reset == 'after' else gn
        by = gu @ inner
        gr = (gn * u[0] if reset == 'after' else by * h) * r * (1 - r)
        first = torch.cat([gr, gz])
        return [torch.cat([first, gn]), torch.cat([first, gu])], [g * keeps + first @ outer + (by if reset == 'after' else by * r)]

    return back_through(gY, [gH], step, lengths, reverse)


# --- Op → PyTorch. Inputs and attributes have the names that the ops' declarations give them ------------------------

OPS = {
    # activations
    'relu': lambda x: F.relu(x),
    'leakyRelu': lambda x, slope: F.leaky_relu(x, slope),
    'elu': lambda x, alpha: F.elu(x, alpha),
    'selu': lambda x: F.selu(x),
    'gelu': lambda x, approximate: F.gelu(x, approximate=approximate),
    'silu': lambda x: F.silu(x),
    'mish': lambda x: F.mish(x),
    # By formula: F.softplus is the identity from its threshold on.
    'softplus': lambda x, beta: torch.logaddexp(beta * x, torch.zeros_like(x)) / beta,
    # By formula: the gradient of F.hardsigmoid multiplies by a 1/6 in single precision, in float64 too.
    'hardSigmoid': lambda x: torch.clamp(x / 6 + 0.5, 0, 1),
    'hardSwish': lambda x: F.hardswish(x),
    'prelu': lambda x, weight: F.prelu(x, weight),
    'glu': lambda x, axis=-1: F.glu(x, axis),
    # what optimisers change
    'sgdUpdate': sgd_update,
    'adamUpdate': adam_update,
    'updateElements': update_elements,
    'word2vecUpdate': word2vec_update,
    # gradients of activations
    'reluGrad': lambda g, y: torch.ops.aten.threshold_backward(g, y, 0),
    'tanhGrad': lambda g, y: torch.ops.aten.tanh_backward(g, y),
    'sigmoidGrad': lambda g, y: torch.ops.aten.sigmoid_backward(g, y),
    'siluGrad': grad_of(F.silu),
    'leakyReluGrad': grad_of(lambda x, slope: F.leaky_relu(x, slope)),
    'eluGrad': grad_of(lambda x, alpha: F.elu(x, alpha)),
    # By formula: the gradient of logaddexp's gradient is NaN where float32 overflows.
    'softplusGrad': lambda g, x, beta: g * torch.sigmoid(beta * x),
    'geluGrad': grad_of(lambda x, approximate: F.gelu(x, approximate=approximate)),
    # arithmetic
    'add': lambda a, b: a + b,
    'sub': lambda a, b: a - b,
    'mul': lambda a, b: a * b,
    'div': lambda a, b: a / b,
    'mod': lambda a, b: torch.remainder(a, b),
    'pow': lambda a, b: torch.pow(a, b),
    'maximum': lambda a, b: torch.maximum(a, b),
    'minimum': lambda a, b: torch.minimum(a, b),
    # comparisons and logic
    'equal': lambda a, b: a == b,
    'notEqual': lambda a, b: a != b,
    'less': lambda a, b: a < b,
    'lessEqual': lambda a, b: a <= b,
    'greater': lambda a, b: a > b,
    'greaterEqual': lambda a, b: a >= b,
    'logicalAnd': lambda a, b: a & b,
    'logicalOr': lambda a, b: a | b,
    'logicalXor': lambda a, b: a ^ b,
    'logicalNot': lambda x: ~x,
    'where': lambda condition, a, b: torch.where(condition, a, b),
    'maskedFill': lambda x, mask, value: torch.where(mask, torch.tensor(value, dtype=x.dtype), x),
    # functions of one number
    'neg': lambda x: -x,
    'abs': lambda x: torch.abs(x),
    'sign': lambda x: torch.sign(x),
    'square': lambda x: torch.square(x),
    'exp': lambda x: torch.exp(x),
    'expm1': lambda x: torch.expm1(x),
    'log': lambda x: torch.log(x),
    'log1p': lambda x: torch.log1p(x),
    'sqrt': lambda x: torch.sqrt(x),
    'rsqrt': lambda x: torch.rsqrt(x),
    'reciprocal': lambda x: torch.reciprocal(x),
    'sin': lambda x: torch.sin(x),
    'cos': lambda x: torch.cos(x),
    'tanh': lambda x: torch.tanh(x),
    'sigmoid': lambda x: torch.sigmoid(x),
    'erf': lambda x: torch.erf(x),
    'floor': lambda x: torch.floor(x),
    'ceil': lambda x: torch.ceil(x),
    'round': lambda x: torch.round(x),
    'clamp': lambda x, min, max: torch.clamp(x, min, max),
    'isNaN': lambda x: torch.isnan(x),
    'isFinite': lambda x: torch.isfinite(x),
    'cast': lambda x, dtype: x.to(x.dtype if dtype == 'float32' and x.is_floating_point() else DTYPES[dtype]),
    'alias': lambda x: x.view_as(x),
    'clone': lambda x: x.clone(),
    # reductions
    'sum': reduce_with(lambda x, axes, keepDims: torch.sum(x, axes, keepDims, dtype=counted(x))),
    # PyTorch refuses the mean of integers and booleans; ours is that of them as float32.
    'mean': reduce_with(lambda x, axes, keepDims: torch.mean(x if x.is_floating_point() else x.float(), axes, keepDims)),
    'prod': reduce_with(prod),
    'max': reduce_with(lambda x, axes, keepDims: torch.amax(x, axes, keepDims)),
    'min': reduce_with(lambda x, axes, keepDims: torch.amin(x, axes, keepDims)),
    'logSumExp': reduce_with(lambda x, axes, keepDims: torch.logsumexp(x, axes, keepDims)),
    'norm': reduce_with(norm),
    'any': truth(torch.any),
    'all': truth(torch.all),
    'argmax': index_of(torch.argmax),
    'argmin': index_of(torch.argmin),
    'prodOfOthers': prod_of_others,
    # moving
    'reshape': lambda x, shape: x.reshape(shape),
    'permute': lambda x, order: x.permute(order),
    'expand': lambda x, shape: x.expand(shape),
    'concat': lambda xs, axis: torch.cat(xs, axis),
    'pad': numpy_pad,
    'tril': lambda x, diagonal: torch.tril(x, diagonal),
    'triu': lambda x, diagonal: torch.triu(x, diagonal),
    'slice': lambda x, starts, steps, shape: at(x, slice_positions(x.shape, starts, steps, shape)),
    'sliceGrad': slice_grad,
    'writeSlice': write_slice,
    # attention
    'scaledDotProductAttention': attention_op,
    'scaledDotProductAttentionGrad': attention_grad,
    'scaledDotProductAttentionBiasGrad': attention_bias_grad,
    'rotary': rotary,
    # by index, and in order
    'gather': lambda x, index, axis: torch.gather(x, axis, index.long()),
    'scatterAdd': lambda x, index, source, axis: x.scatter_add(axis, index.long(), source),
    'indexSelect': lambda x, index, axis, sparse=False: torch.index_select(x, axis, index),
    'assignRows': lambda x, index, rows: [x.detach().index_copy(0, index.long(), rows.detach())],
    'indexSelectGrad': lambda g, index, axis, length: torch.zeros(
        [length if a == axis else n for a, n in enumerate(g.shape)], dtype=g.dtype
    ).index_add(axis, index, g),
    'cumsum': lambda x, axis, reverse=False: (
        x.flip(axis).cumsum(axis, dtype=counted(x)).flip(axis) if reverse else x.cumsum(axis, dtype=counted(x))
    ),
    'sort': sort,
    'topK': top_k,
    # linear algebra and networks
    'matmul': lambda a, b, transposeA=False, transposeB=False: torch.matmul(
        a.transpose(-1, -2) if transposeA else a, b.transpose(-1, -2) if transposeB else b
    ),
    'conv2d': conv2d,
    'conv2dInputGrad': lambda g, weight, shape, **geometry: vjp(lambda x: conv2d(x, weight, **geometry), shape, g),
    'conv2dWeightGrad': lambda x, g, shape, **geometry: vjp(lambda weight: conv2d(x, weight, **geometry), shape, g),
    'maxPool2d': lambda x, **attrs: ordered(F.max_pool2d(x, **pool_attrs(**attrs), return_indices=True)),
    'maxPool2dDilated': lambda x, **attrs: ordered(F.max_pool2d(x, **pool_attrs(**attrs), return_indices=True)),
    'maxPool2dGrad': max_pool_grad,
    'avgPool2d': lambda x, **attrs: F.avg_pool2d(x, **pool_attrs(**attrs)),
    'avgPool2dGrad': lambda g, shape, **attrs: vjp(lambda x: F.avg_pool2d(x, **pool_attrs(**attrs)), shape, g),
    'linear': lambda x, weight, bias=None: F.linear(x, weight, bias),
    'linearActivated': lambda x, weight, bias=None, activation='relu': getattr(torch, activation)(F.linear(x, weight, bias)),
    'normalizeGroups': normalize_groups,
    'normalizeGroupsGrad': normalize_groups_grad,
    'normalizeBatch': normalize_batch,
    'normalizeBatchGrad': normalize_batch_grad,
    'normalizeChannels': normalize_channels,
    'elmanSequence': elman_sequence,
    'elmanSequenceGrad': elman_sequence_grad,
    'lstmSequence': lstm_sequence,
    'lstmSequenceGrad': lstm_sequence_grad,
    'gruSequence': gru_sequence,
    'gruSequenceGrad': gru_sequence_grad,
    'softmax': lambda x, axis=-1: F.softmax(x, axis),
    'logSoftmax': lambda x, axis=-1: F.log_softmax(x, axis),
    'softmaxGrad': lambda g, y, axis: torch.ops.aten._softmax_backward_data(g, y, axis, y.dtype),
    'logSoftmaxGrad': lambda g, y, axis: torch.ops.aten._log_softmax_backward_data(g, y, axis, y.dtype),
    'crossEntropyGrad': lambda g, logits, labels: grad_of(
        lambda x: F.cross_entropy(x, labels.long(), reduction='none')
    )(g, logits),
    'ctcLosses': ctc_losses,
    'ctcLossesGrad': lambda g, logProbs, **attrs: grad_of(lambda x: ctc_losses(x, **attrs))(g, logProbs),
    'crfLogPartition': crf_log_partition,
    'crfLogPartitionGrad': crf_log_partition_grad,
    'maxPool2dGrad': lambda g, indices, shape: torch.zeros([*shape[:2], shape[2] * shape[3]], dtype=g.dtype)
    .scatter_add(2, indices.flatten(2).long(), g.flatten(2))
    .reshape(shape),
    'crossEntropy': lambda logits, labels, reduction='none': F.cross_entropy(logits, labels.long(), reduction=reduction),
}

# --- Public function → PyTorch or NumPy; those that an op's row describes already are taken from above ---------------

FUNCTIONS = {
    **{
        name: OPS[name]
        for name in (
            'sum mean max logSumExp norm argmax cumsum sort topK matmul pad gather indexSelect maskedFill clamp glu '
            'softmax logSoftmax crossEntropy elmanSequence lstmSequence gruSequence'
        ).split()
    },
    'variance': reduce_with(lambda x, axes, keepDims, correction=1: spread(x, axes, correction, keepDims, torch.var)),
    'std': reduce_with(lambda x, axes, keepDims, correction=1: spread(x, axes, correction, keepDims, torch.std)),
    'outer': lambda a, b: torch.outer(a, b),
    'dot': lambda a, b: torch.dot(a, b),
    'einsum': lambda xs, equation: torch.einsum(equation, *xs),
    'indexAdd': lambda x, index, source, axis: x.index_add(axis, index, source),
    'split': lambda x, size, axis=0: list(torch.split(x, size, axis)),
    'flip': lambda x, axes=None: torch.flip(x, list(range(x.dim())) if axes is None else axes),
    'roll': lambda x, shifts, axes=None: torch.roll(x, shifts, axes),
    'repeat': lambda x, counts: x.repeat(counts),
    'stack': lambda xs, axis=0: torch.stack(xs, axis),
    'squeeze': lambda x, axes=None: torch.squeeze(x) if axes is None else torch.squeeze(x, axes),
    'unsqueeze': lambda x, axis: torch.unsqueeze(x, axis),
    'flatten': lambda x, start=0, end=-1: torch.flatten(x, start, end),
    'transpose': lambda x, first=-2, second=-1: torch.transpose(x, first, second),
    'expand': lambda x, shape: x.expand(shape),
    'slice': python_slice,
    'writeSlice': python_write,
    'embedding': lambda indices, weight, paddingIndex=None: F.embedding(indices, weight, paddingIndex),
    'oneHot': lambda indices, classes: F.one_hot(indices.long(), classes).float(),
    'maskedSelect': lambda x, mask: torch.masked_select(x, mask),
    'nonzero': lambda x: torch.nonzero(x),
    'addNumber': lambda x, value: x + value,
    'numberSub': lambda x, value: value - x,
    'numberDiv': lambda x, value: value / x,
    'powNumber': lambda x, value: x ** value,
    'numberPow': lambda x, value: value ** x,
    'dropout': lambda x, p, training: F.dropout(x, p, training),
    'conv1d': lambda x, weight, bias=None, **options: F.conv1d(x, weight, bias, **options),
    'conv2d': lambda x, weight, bias=None, **options: F.conv2d(x, weight, bias, **options),
    'layerNorm': lambda x, shape, weight=None, bias=None, eps=1e-5: F.layer_norm(x, shape, weight, bias, eps),
    'rmsNorm': rms_norm,
    'groupNorm': lambda x, groups, weight=None, bias=None, eps=1e-5: F.group_norm(x, groups, weight, bias, eps),
    'instanceNorm': lambda x, weight=None, bias=None, eps=1e-5: F.instance_norm(x, weight=weight, bias=bias, eps=eps),
    'batchNorm': batch_norm,
    'batchNormInference': batch_norm_inference,
    'scaledDotProductAttention': attention,
    'maxPool2d': one_pool(F.max_pool2d),
    'avgPool2d': one_pool(F.avg_pool2d),
}


# For edges and special values: functions first, and PyTorch's own hardsigmoid, whose gradient at the corners is 0.
EDGES = {**OPS, **FUNCTIONS, 'hardSigmoid': lambda x: F.hardsigmoid(x)}

# Without the comparison of two formulas, which is not to be had where one of them is NaN.
UNCHECKED = {
    'elmanSequence': elman_formula,
    'lstmSequence': lstm_formula,
    'gruSequence': gru_formula,
    'hardSigmoid': lambda x: F.hardsigmoid(x),
    'normalizeChannels': lambda x, mean, variance, weight=None, bias=None, *, eps: (
        (x - over_inner(mean)) * over_inner((1 if weight is None else weight) * torch.rsqrt(variance + eps))
        + (0 if bias is None else over_inner(bias))
    ),
}


# --- Running a case ---------------------------------------------------------------------------------------------------


def tensor_of(description, float_dtype):
    dtype = DTYPES[description['dtype']]
    values = np.array([float(v) for v in description['data']], dtype=np.float64)
    made = torch.from_numpy(values).reshape(description['shape']).to(float_dtype if dtype.is_floating_point else dtype)
    return made.requires_grad_() if dtype.is_floating_point else made


def upstream(shape, dtype):
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    return (((5 * i) % 16 - 7.5) / 8).reshape(shape).to(dtype)


def answer(table, case, float_dtype):
    """The outputs, and the gradient of each float input by the name of the input."""
    inputs = {
        name: [tensor_of(x, float_dtype) for x in given] if isinstance(given, list) else tensor_of(given, float_dtype)
        for name, given in case['inputs'].items()
    }
    with_seed = case.get('seed')
    result = table[case['name']](**inputs, **case['attrs'])
    outputs = list(result) if isinstance(result, (list, tuple)) else [result]
    leaves = [
        (name, x)
        for name, given in inputs.items()
        for x in (given if isinstance(given, list) else [given])
        if x.requires_grad
    ]
    roots = [y for y in outputs if y.requires_grad]
    gradients = []
    if roots and leaves:
        seeds = [upstream(y.shape, y.dtype) for y in roots]
        for seed in seeds if with_seed else []:
            if seed.numel() > with_seed[0]:
                seed.view(-1)[int(with_seed[0])] = with_seed[1]
        found = torch.autograd.grad(roots, [x for _, x in leaves], seeds, allow_unused=True)
        gradients = [torch.zeros_like(x) if g is None else g for (_, x), g in zip(leaves, found)]
    return outputs, gradients


def numbers(x):
    """As short as the dtype allows: 9 digits name a float32, 15 are enough for a comparison to 1e-14."""
    if not x.is_floating_point():
        return [int(v) for v in x.flatten().tolist()]
    digits = 9 if x.dtype == torch.float32 else 15
    return [number(v, digits) for v in x.detach().flatten().tolist()]


def number(value, digits):
    if not math.isfinite(value):
        return 'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'
    short = float(f'{value:.{digits}g}')
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def decode(value):
    """Strings that stand for numbers, which JSON cannot hold, back to numbers."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if isinstance(value, dict):
        return {k: decode(v) for k, v in value.items()}
    return float(value) if value in ('NaN', 'Infinity', '-Infinity') else value


def golden(table, case):
    plain = decode(case)
    outputs, gradients = answer(table, plain, torch.float64)
    outputs32, gradients32 = answer(table, plain, torch.float32)
    return {
        **case,
        'shapes': [list(y.shape) for y in outputs],
        'outputs': [numbers(y) for y in outputs],
        'gradients': [numbers(g) for g in gradients],
        'float32': {'outputs': [numbers(y) for y in outputs32], 'gradients': [numbers(g) for g in gradients32]},
    }


def kinds(table, case):
    """Of special values only what became of each element: a number, NaN, or an infinity."""
    outputs, gradients = answer(table, decode(case), torch.float64)
    kind = lambda v: 'N' if math.isnan(v) else '.' if math.isfinite(v) else '+' if v > 0 else '-'
    words = [''.join(kind(float(v)) for v in x.detach().flatten().tolist()) for x in outputs + gradients]
    return {'name': case['name'], 'note': case['note'], 'kinds': words}


def write(file, table, cases, golden=golden):
    lines = [json.dumps(golden(table, case), separators=(',', ':')) for case in cases]
    # One case a line, so that a change shows in a diff as the case that it is in.
    (Path(__file__).parent / file).write_text('[\n' + ',\n'.join(lines) + '\n]\n')


if __name__ == '__main__':
    torch.set_num_threads(1)
    asked = json.load(sys.stdin)
    write('ops.json', OPS, asked['ops'])
    write('functions.json', FUNCTIONS, asked['functions'])
    write('edges.json', EDGES, asked['edges'])
    write('special.json', {**OPS, **UNCHECKED}, asked['special'], kinds)
    print(f'PyTorch {torch.__version__}: {len(asked["ops"])} cases of ops, {len(asked["functions"])} of functions')
