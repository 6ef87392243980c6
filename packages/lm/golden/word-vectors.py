"""Losses and gradients of skip-gram and CBOW by PyTorch's autograd, from the formulas of the papers: writes word-vectors.json beside this file.

    /usr/bin/python3 packages/lm/golden/word-vectors.py

Made with PyTorch 1.13.0. Numbers of the tables are multiples of 1/64, which float32 holds exactly; what is computed is so in float64, and gradients are those of
nn.functional.embedding with sparse=True. The tree is built with heapq, of counts without ties, the lighter side with the label 0.
"""

import heapq
import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
WORDS, SIZE, BATCH = 6, 5, 4
COUNTS = [9, 21, 5, 20, 10, 6]


def huffman(counts):
    """For each word the inner nodes from the root on, in the order in which they were made, and the labels."""
    heap = [(count, word) for word, count in enumerate(counts)]
    heapq.heapify(heap)
    parents = {}
    for node in range(len(counts) - 1):
        (light, first), (heavy, second) = heapq.heappop(heap), heapq.heappop(heap)
        parents[first], parents[second] = (node, 0), (node, 1)
        heapq.heappush(heap, (light + heavy, len(counts) + node))
    paths = []
    for word in range(len(counts)):
        path, at = [], word
        while at in parents:
            node, label = parents[at]
            path.insert(0, (node, label))
            at = len(counts) + node
        paths.append(path)
    return paths


def table(rows):
    return torch.randint(-128, 129, (rows, SIZE)) / 64


def vectors(rows, weight):
    return F.embedding(torch.tensor(rows), weight, sparse=True)


paths = huffman(COUNTS)
centers = torch.randint(0, WORDS, (BATCH,)).tolist()
contexts = torch.randint(0, WORDS, (BATCH,)).tolist()
around = [[1, 4, 4], [5, -1, 0], [2, -1, -1], [-1, 3, 3]]
# One word that was not drawn, and one that came twice.
negatives = [[2, 5], [0, -1], [3, 3], [4, 1]]


def told(by_tree, word, drawn, hidden, output):
    """-log of the probability, by the papers: log-sigmoids of what belongs there and what does not."""
    if by_tree:
        nodes = vectors([node for node, _ in paths[word]], output)
        signs = torch.tensor([1.0 if label else -1.0 for _, label in paths[word]])
        return -F.logsigmoid(signs * (nodes @ hidden)).sum()
    loss = -F.logsigmoid(vectors([word], output)[0] @ hidden)
    for other in drawn:
        if other >= 0:
            loss = loss - F.logsigmoid(-(vectors([other], output)[0] @ hidden))
    return loss


cases = []
for model in ['skipGram', 'cbow']:
    for by_tree in [False, True]:
        inputs = table(WORDS).requires_grad_()
        outputs = table(WORDS - 1 if by_tree else WORDS).requires_grad_()
        losses = []
        for b in range(BATCH):
            if model == 'skipGram':
                hidden, word = vectors([centers[b]], inputs)[0], contexts[b]
            else:
                hidden, word = vectors([w for w in around[b] if w >= 0], inputs).mean(0), centers[b]
            losses.append(told(by_tree, word, negatives[b], hidden, outputs))
        loss = torch.stack(losses).mean()
        loss.backward()
        cases.append({
            'model': model,
            'byTree': by_tree,
            'input': inputs.tolist(),
            'output': outputs.tolist(),
            'loss': loss.item(),
            'losses': [each.item() for each in losses],
            'inputGradient': inputs.grad.to_dense().tolist(),
            'outputGradient': outputs.grad.to_dense().tolist(),
        })

Path(__file__).with_suffix('.json').write_text(json.dumps({
    'counts': COUNTS,
    'paths': [{'nodes': [n for n, _ in path], 'labels': [label for _, label in path]} for path in paths],
    'centers': centers,
    'contexts': contexts,
    'around': around,
    'negatives': negatives,
    'cases': cases,
}) + '\n')
