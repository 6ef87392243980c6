# Runs PyTorch's form of workloads: each line on stdin asks for something in JSON, each line on stdout answers in JSON.
# Its argument is the number of threads.

import contextlib
import ctypes
import json
import sys
import time
from types import SimpleNamespace

import numpy
import torch
import torch.nn.functional as F  # noqa: N812 (workloads use it by this name)
from torch import nn

threads = int(sys.argv[1])
torch.set_num_threads(threads)
# Small operations and their gradients should stay on the threads they were given.
torch.set_num_interop_threads(1)


def load(model, values):
    """Gives the parameters of a model these values, in its order."""
    parameters = list(model.parameters())
    assert len(parameters) == len(values), f'{len(parameters)} parameters but {len(values)} values'
    for parameter, value in zip(parameters, values):
        parameter.copy_(value)
    if state.channels_last:
        model.to(memory_format=torch.channels_last)


def step(parameters, loss, optimizer=None):
    """The timed function of a training step: forward, backward and update. Returns the loss."""
    optimizer = optimizer or torch.optim.SGD(parameters, lr=0.01)

    def run():
        with torch.enable_grad():
            optimizer.zero_grad(set_to_none=True)
            value = loss()
            value.backward()
            optimizer.step()
        return value.detach()

    return run


def compile_workload(source):
    """A workload is a lambda, or defines `make`: it takes the inputs and returns the function that is timed."""
    names = {'torch': torch, 'F': F, 'nn': nn, 'load': load, 'step': step}
    if source.startswith('lambda'):
        return eval(source, names)
    exec(source, names)
    return names['make']


def read(inputs):
    dtypes = {'float32': numpy.float32, 'int32': numpy.int32, 'bool': numpy.uint8}
    tensors = []
    for x in inputs:
        values = torch.from_numpy(numpy.fromfile(x['file'], dtypes[x['dtype']])).reshape(x['shape'])
        # PyTorch takes labels and indices as int64.
        tensors.append(values.long() if x['dtype'] == 'int32' else values.bool() if x['dtype'] == 'bool' else values)
    return tensors


def info():
    """What it runs on: the BLAS that is loaded, and the processor that this takes the machine for."""
    with open('/proc/self/maps') as maps:
        loaded = sorted({line.split()[-1] for line in maps if 'libopenblas' in line})
    blas = ''
    if loaded:
        corename = ctypes.CDLL(loaded[0]).openblas_get_corename
        corename.restype = ctypes.c_char_p
        blas = corename().decode()
    pthreads = any('openblas-pthread' in path for path in loaded)
    return {'version': torch.__version__, 'threads': torch.get_num_threads(), 'blas': blas, 'pthreads': pthreads}


state = SimpleNamespace(make=None, inputs=None, call=None, channels_last=False)


def make_call():
    """The timed function, on inputs of its own in the layout that is chosen."""
    last = state.channels_last
    return state.make(*(
        x.clone(memory_format=torch.channels_last if last and x.dim() == 4 else torch.contiguous_format)
        for x in state.inputs
    ))


def seconds(call):
    """The least time of a call, after some to warm up."""
    end = time.perf_counter() + 0.3
    least, calls = float('inf'), 0
    while calls < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        least = min(least, time.perf_counter() - start)
        calls += 1
    return least


def choose_layout():
    """Images as [N, C, H, W] or with channels last, whichever is faster here. Says which, where there is a choice."""
    state.channels_last = False
    if not any(x.dim() == 4 and x.is_floating_point() for x in state.inputs):
        return None
    plain = seconds(make_call())
    state.channels_last = True
    if seconds(make_call()) < plain:
        return 'channels last'
    state.channels_last = False
    return 'channels first'


def answer(request):
    do = request['do']
    if do == 'info':
        return info()
    if do == 'prepare':
        state.make = compile_workload(request['source'])
        state.inputs = read(request['inputs'])
        layout = choose_layout()
        state.call = make_call()
        return {'layout': layout}
    if do == 'run':
        call = state.call
        start = time.perf_counter()
        for _ in range(request['count']):
            call()
        return {'milliseconds': (time.perf_counter() - start) * 1000}
    if do == 'results':
        call = make_call()
        for _ in range(request['calls']):
            made = call()
        made = made if isinstance(made, (list, tuple)) else [made]
        results = []
        for i, x in enumerate(made):
            file = f"{request['folder']}/result{i}"
            x.detach().float().contiguous().numpy().tofile(file)
            results.append({'file': file, 'shape': list(x.shape)})
        return {'results': results}
    if do == 'export':
        model, arguments, options = compile_workload(request['source'])(*read(request['inputs']))
        # Stdout is for answers.
        with contextlib.redirect_stdout(sys.stderr):
            torch.onnx.export(model.eval(), arguments, request['file'], opset_version=17, **options)
        return {}
    if do == 'dispose':
        state.make = state.inputs = state.call = None
        return {}
    raise ValueError(f'unknown request {do}')


with torch.no_grad():
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:  # Whatever it is, the other side should hear of it.
            reply = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(reply), flush=True)
