# Makes three training steps of a network in PyTorch, or goes through attention and back, and prints the resident memory of this process, in MiB,
# as JSON: what run/peak-memory.ts does with ours. Its argument is `lenet`, `vgg16` or `attention`.

import json
import resource
import sys

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

torch.set_num_threads(1)
STEPS = 3


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )


def vgg16():
    layers = []
    for channels in [(3, 64, 64), (64, 128, 128), (128, *[256] * 3), (256, *[512] * 3), (512, *[512] * 3)]:
        for before, after in zip(channels, channels[1:]):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    layers += [nn.Flatten(), nn.Linear(512 * 7 * 7, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000))


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def steps_of(make, shape):
    model = make()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x = torch.randn(shape)
    labels = torch.zeros(shape[0], dtype=torch.long)

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return step


def attention():
    q, k, v = [torch.randn(1, 8, 4096, 64, requires_grad=True) for _ in range(3)]
    mask = torch.full((4096, 4096), -float('inf')).triu(1)

    def step():
        scores = q @ k.transpose(-1, -2) / 8 + mask
        torch.autograd.grad((torch.softmax(scores, -1) @ v).sum(), [q, k, v])

    return step


cases = {
    'lenet': lambda: steps_of(lenet, (64, 1, 28, 28)),
    'vgg16': lambda: steps_of(vgg16, (2, 3, 224, 224)),
    'attention': attention,
}
start = peak()
step = cases[sys.argv[1]]()
for _ in range(STEPS):
    step()
print(json.dumps({'start': start, 'peak': peak()}))
