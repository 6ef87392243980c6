# Runs NLTK's form of workloads: each line on stdin asks for something in JSON, each line on stdout answers in JSON.

import array
import json
import sys
import time
from types import SimpleNamespace

import nltk
import nltk.lm

state = SimpleNamespace(make=None, inputs=None, call=None)
types = {'float32': 'f', 'int32': 'i', 'bool': 'B'}


def read(x):
    values = array.array(types[x['dtype']])
    with open(x['file'], 'rb') as file:
        values.frombytes(file.read())
    return values.tolist()


def answer(request):
    do = request['do']
    if do == 'info':
        return {'version': nltk.__version__}
    if do == 'prepare':
        # A workload defines `make`: it takes the inputs as lists and returns the function that is timed.
        names = {'nltk': nltk, 'lm': nltk.lm}
        exec(request['source'], names)
        state.make = names['make']
        state.inputs = [read(x) for x in request['inputs']]
        state.call = state.make(*state.inputs)
        return {}
    if do == 'run':
        call = state.call
        start = time.perf_counter()
        for _ in range(request['count']):
            call()
        return {'milliseconds': (time.perf_counter() - start) * 1000}
    if do == 'results':
        call = state.make(*state.inputs)
        for _ in range(request['calls']):
            made = call()
        if made is None:
            return {'results': []}
        file = f"{request['folder']}/result0"
        with open(file, 'wb') as out:
            array.array('f', made).tofile(out)
        return {'results': [{'file': file, 'shape': [len(made)]}]}
    if do == 'dispose':
        state.make = state.inputs = state.call = None
        return {}
    raise ValueError(f'unknown request {do}')


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:  # Whatever it is, the other side should hear of it.
        reply = {'error': f'{type(error).__name__}: {error}'}
    print(json.dumps(reply), flush=True)
