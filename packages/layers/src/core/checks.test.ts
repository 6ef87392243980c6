// What layers of other packages check and print with.

import { checkCall, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { formatArguments, needTensor, parameter, parameterOptions } from '../index.js';

beforeAll(() => useBackend(cpu()));

test('an input is a tensor of the dtype of the parameters', () => {
  const weight = parameter(tensor([1]));
  needTensor('Own', tensor([2]), weight);
  needTensor('Own', tensor([2], { dtype: 'int32' }));
  expect(() => needTensor('Own', [2])).toThrow('Own: input is [2], needs a Tensor; make one with tensor(...)');
  expect(() => needTensor('Own', tensor([2], { dtype: 'int32' }), weight)).toThrow(
    "Own: input is int32 and the layer float32; cast the input with .cast('float32')",
  );
  expect(() => needTensor('Own', tensor([2], { dtype: 'float64' }), weight)).toThrow(
    "Own: input is float64 and the layer float32; cast the input with .cast('float32'), or make the layer with { dtype: 'float64' }",
  );
});

test('arguments print as they are written, without what is as by default', () => {
  expect(formatArguments([3, 4])).toBe('3, 4');
  expect(formatArguments([3], { bias: [false, true], stride: [1, 1], kernelSize: [[2, 2], 1], pad: [[1, 2], 0] })).toBe(
    '3, bias=false, kernelSize=2, pad=[1, 2]',
  );
});

test('where parameters are made', () => {
  const make = (...given: unknown[]): void => checkCall('Own', given, ['size'], parameterOptions);
  make(3, { dtype: 'float64', backend: undefined });
  expect(() => make(3, { dtype: 32 })).toThrow("Own: dtype is 32, needs a dtype, such as 'float32'");
  expect(() => make(3, { device: 'cpu' })).toThrow('Own: there is no option device; did you mean backend?');
});
