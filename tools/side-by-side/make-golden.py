#!/usr/bin/python3
"""Runs the PyTorch side of docs/pytorch-here.md, and writes what it gives to pytorch.json beside this file.

Needs a python3 with PyTorch (Debian: apt install python3-torch). From the root: python3 tools/side-by-side/make-golden.py
"""

import ast
import contextlib
import io
import json
import math
import os
import re
import tempfile
from pathlib import Path

import torch

here = Path(__file__).parent
page = (here.parent.parent / 'docs/pytorch-here.md').read_text()


def plain(value):
    """A value as side-by-side.test.ts makes it of ours: tensors with their shape, lists, numbers."""
    if isinstance(value, torch.Tensor):
        return {'shape': list(value.shape), 'data': [number(v) for v in value.flatten().tolist()]}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return number(value)


def number(value):
    """JSON has no NaN and no infinities: they are texts, as JavaScript writes them."""
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return 'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'


def evaluate(code, names):
    """Runs all statements and gives the value of the last."""
    *first, last = ast.parse(code).body
    exec(compile(ast.Module(first, []), code, 'exec'), names)
    return eval(compile(ast.Expression(last.value), code, 'eval'), names)


def printed(program):
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(out):
        os.chdir(folder)
        exec(compile(program, 'program', 'exec'), {'__name__': 'page'})
        os.chdir(here)
    return out.getvalue().splitlines()


setup, *programs = re.findall(r'^```python\n(.*?)^```', page, re.M | re.S)
rows = re.findall(r'^\| `([^`]+)`', page, re.M)
results = {}
for row in rows:
    names = {}
    exec(setup, names)
    results[row] = plain(evaluate(row, names))
lines = [f'{json.dumps(key)}: {json.dumps(value)}' for key, value in results.items()]
text = '{\n"version": ' + json.dumps(torch.__version__) + ',\n"rows": {\n' + ',\n'.join(lines) + '\n},\n"programs": '
text += json.dumps([{'program': program, 'printed': printed(program)} for program in programs], indent=1) + '\n}\n'
(here / 'pytorch.json').write_text(text)
print(f'{len(rows)} rows and {len(programs)} programs by PyTorch {torch.__version__}')
