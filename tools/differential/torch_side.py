"""The side of PyTorch: reads {"kind": …, "cases": […]} from standard input and writes the outcomes, in order.

kinds/NAME.py has a function NAME(case), which returns numbers, lists or tensors by name. An exception is an outcome too:
{"error": …}. run.ts calls this; it needs nothing but PyTorch.
"""

import importlib.util
import json
import math
import sys
import warnings
from pathlib import Path

import torch


def plain(value):
    """As JSON can have it: what is not finite is a word."""
    if isinstance(value, torch.Tensor):
        return plain(value.detach().tolist())
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def number(value):
    """The number that JSON had a word for, in lists too."""
    if isinstance(value, list):
        return [number(each) for each in value]
    return float(value) if value in ("nan", "inf", "-inf") else value


def function_of(kind):
    spec = importlib.util.spec_from_file_location(kind, Path(__file__).parent / "kinds" / f"{kind}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, kind)


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    given = json.load(sys.stdin)
    function = function_of(given["kind"])
    outcomes = []
    for case in given["cases"]:
        torch.set_default_dtype(torch.float32)
        try:
            outcomes.append(plain(function(case)))
        except Exception as error:  # whatever it is: that it was refused is the outcome
            outcomes.append({"error": f"{type(error).__name__}: {error}"})
    json.dump({"version": torch.__version__, "outcomes": outcomes}, sys.stdout)


if __name__ == "__main__":
    main()
