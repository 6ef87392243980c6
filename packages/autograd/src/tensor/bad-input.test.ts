// Bad input: each mistake is one sentence that says what came, what is needed, and what to do.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import * as dl from '../index.js';

beforeAll(async () => {
  await dl.useBackend(cpu());
});

const int = (...values: number[]): dl.Tensor => dl.tensor(values, { dtype: 'int32' });
const ones = (...shape: number[]): dl.Tensor => dl.ones(shape);
const bools = (...shape: number[]): dl.Tensor => dl.ones(shape, { dtype: 'bool' });
const doubles = (...shape: number[]): dl.Tensor => dl.ones(shape, { dtype: 'float64' });
/** What only JavaScript lets through. */
const wrong = (value: unknown): never => value as never;

type Kind = 'shape' | 'dtype' | 'index' | 'argument';
const classes = { shape: dl.ShapeError, dtype: dl.DTypeError, index: dl.IndexError, argument: dl.ArgumentError };
type Mistake = readonly [kind: Kind, message: string, call: () => unknown];

function suite(name: string, mistakes: readonly Mistake[]): void {
  describe(name, () => {
    test.each(mistakes)('%s: %s', (kind, message, call) => {
      let thrown: unknown;
      try {
        call();
      } catch (error) {
        thrown = error;
      }
      expect((thrown as Error | undefined)?.message).toBe(message);
      expect(thrown).toBeInstanceOf(classes[kind]);
      expect(thrown).toBeInstanceOf(dl.DlError);
    });
  });
}

// biome-ignore format: one mistake a line
suite('what is no tensor', [
  ['dtype', 'add: b is undefined, needs a Tensor; make one with tensor(...)', () => ones(2).add(wrong(undefined))],
  ['dtype', 'add: b is [1, 2], needs a Tensor; make one with tensor(...)', () => ones(2).add(wrong([1, 2]))],
  ['dtype', "mul: b is '2', needs a Tensor; make one with tensor(...)", () => ones(2).mul(wrong('2'))],
  ['dtype', 'relu: x is a Float32Array, needs a Tensor; make one with tensor(...)', () => dl.relu(wrong(new Float32Array(2)))],
  ['argument', 'add: got 1 and 2; at least one of them must be a Tensor', () => dl.add(1, 2)],
  ['dtype', 'matmul: b is 3, needs a Tensor; make one with tensor(...)', () => dl.matmul(ones(2, 2), wrong(3))],
  ['dtype', 'conv2d: weight is undefined, needs a Tensor; make one with tensor(...)', () => dl.conv2d(ones(1, 1, 3, 3), wrong(undefined))],
  ['dtype', 'einsum: operand 0 is 3, needs a Tensor; make one with tensor(...)', () => dl.einsum('i', wrong(3))],
  ['dtype', 'dot: b is null, needs a Tensor; make one with tensor(...)', () => dl.dot(ones(2), wrong(null))],
  ['argument', 'concat: got a Tensor, needs an array of tensors', () => dl.concat(wrong(ones(2)))],
  ['argument', 'concat: got no tensors, needs at least one', () => dl.concat([])],
  ['dtype', 'stack: tensor 1 is 3, needs a Tensor; make one with tensor(...)', () => dl.stack([ones(2), wrong(3)])],
]);

// biome-ignore format: one mistake a line
suite('element-wise', [
  ['shape', 'add: shapes [2, 3] and [2] do not broadcast: axis 1 is 3 in one and 2 in the other; make them equal, or one of them 1', () => dl.add(ones(2, 3), ones(2))],
  ['dtype', "add: a is float32 and b is int32; cast one of them with .cast(dtype)", () => dl.add(ones(2), int(1, 2))],
  ['dtype', "add: a is bool, needs numbers; cast it with .cast('float32')", () => dl.add(bools(2), bools(2))],
  ['dtype', "mul: the number 2 does not fit the bool tensor; cast that with .cast('float32')", () => bools(2).mul(2)],
  ['dtype', "mul: the number 0.5 does not fit the int32 tensor; cast that with .cast('float32')", () => int(1).mul(0.5)],
  ['dtype', "div: a is int32, needs float32 or float64; cast it with .cast('float32')", () => int(1).div(int(2))],
  ['dtype', "pow: a is int32, needs float32 or float64; cast it with .cast('float32')", () => int(1).pow(2)],
  ['dtype', "exp: x is int32, needs float32 or float64; cast it with .cast('float32')", () => int(1).exp()],
  ['dtype', "neg: x is bool, needs numbers; cast it with .cast('float32')", () => bools(2).neg()],
  ['dtype', "logicalNot: x is float32, needs bool; cast it with .cast('bool')", () => ones(2).logicalNot()],
  ['dtype', "logicalAnd: a is float32, needs bool; cast it with .cast('bool')", () => dl.logicalAnd(ones(2), bools(2))],
  ['dtype', 'equal: a is float32 and b is int32; cast one of them with .cast(dtype)', () => ones(2).equal(int(1, 1))],
  ['dtype', "where: condition is float32, needs bool; cast it with .cast('bool')", () => dl.where(ones(2), ones(2), ones(2))],
  ['argument', 'where: got 1 and 2; at least one of them must be a Tensor', () => dl.where(bools(2), 1, 2)],
  ['argument', 'clamp: max is undefined, needs a number', () => ones(2).clamp(0, wrong(undefined))],
  ['argument', "clamp: min is '0', needs a number", () => ones(2).clamp(wrong('0'), 1)],
  ['dtype', "clamp: the bound 0.5 does not fit the int32 tensor; cast that with .cast('float32')", () => int(1).clamp(0.5, 2)],
  ['argument', "gelu: approximate is 'erf', needs 'none' or 'tanh'", () => ones(2).gelu({ approximate: wrong('erf') })],
  ['argument', 'softplus: beta is 0, needs a number above 0', () => ones(2).softplus({ beta: 0 })],
  ['shape', 'glu: axis -1 of [2, 3] is 3, needs an even length to halve', () => ones(2, 3).glu()],
  ['shape', 'prelu: weight is [2], needs [1] or [3], one for each channel of [2, 3]', () => dl.prelu(ones(2, 3), ones(2))],
  ['argument', 'dropout: p is 1.5, needs a probability from 0 to 1', () => ones(2).dropout(1.5)],
  ['dtype', "dropout: x is int32, needs float32 or float64; cast it with .cast('float32')", () => int(1).dropout(0.5)],
  ['dtype', "cast: dtype is 'float8', needs one of float32, float64, int32, bool, float16, bfloat16", () => ones(2).cast(wrong('float8'))],
  ['shape', 'assign: the tensor is float32 [2], the new values are float32 [3]; they must be the same', () => ones(2).assign(ones(3))],
]);

// biome-ignore format: one mistake a line
suite('reductions and axes', [
  ['shape', 'sum: axis 2 is out of range for a tensor of 2 axes; needs -2 to 1', () => ones(2, 3).sum(2)],
  ['shape', 'sum: axis 1 is out of range, a scalar has no axes', () => dl.tensor(1).sum(1)],
  ['shape', 'max: axis 0 is given twice in [0, -2]', () => ones(2, 3).max([0, -2])],
  ['dtype', "variance: x is int32, needs float32 or float64; cast it with .cast('float32')", () => int(1).variance()],
  ['dtype', "std: x is int32, needs float32 or float64; cast it with .cast('float32')", () => int(1).std()],
  ['dtype', "any: x is float32, needs bool; cast it with .cast('bool')", () => ones(2).any()],
  ['shape', 'argmax: [0, 2] has no elements along axis 0', () => ones(0, 2).argmax(0)],
  ['shape', 'max: int32 [0, 2] has no elements along [0]; needs at least one', () => dl.zeros([0, 2], { dtype: 'int32' }).max(0)],
  ['argument', 'norm: p is 0, needs a number above 0, or Infinity', () => ones(2).norm(0, { p: 0 })],
  ['shape', 'softmax: axis -2 is out of range, a scalar has no axes', () => dl.tensor(1).softmax(-2)],
  ['shape', 'cumsum: axis 5 is out of range for a tensor of 2 axes; needs -2 to 1', () => ones(2, 3).cumsum(5)],
  ['argument', 'topK: k is 4, but axis 1 of [2, 3] has only 3 elements', () => ones(2, 3).topK(4)],
  ['argument', 'topK: k is -1, needs a whole number of at least 0', () => ones(2, 3).topK(-1)],
]);

// biome-ignore format: one mistake a line
suite('moving', [
  ['shape', 'reshape: [2, 3] has 6 elements, [4] needs 4; choose lengths whose product is 6', () => ones(2, 3).reshape([4])],
  ['shape', 'reshape: [2, 3] has 6 elements, which [-1, 4] cannot hold whatever -1 stands for', () => ones(2, 3).reshape([-1, 4])],
  ['shape', 'reshape: [-1, -1] has more than one -1; only one length can be worked out from the others', () => ones(2, 3).reshape([-1, -1])],
  ['shape', "reshape: shape ['6'] has '6', needs whole numbers of at least 0", () => ones(2, 3).reshape(wrong('6'))],
  ['shape', 'transpose: axis -2 is out of range for a tensor of 1 axes; needs -1 to 0', () => ones(2).transpose()],
  ['shape', 'permute: order [0, 0] does not name each of the 2 axes of [2, 3] once', () => ones(2, 3).permute([0, 0])],
  ['shape', 'squeeze: axis 0 of [2, 3] is 2, needs to be 1', () => ones(2, 3).squeeze(0)],
  ['shape', 'expand: [2, 3] does not stretch to [2, 4]; only axes of length 1 can change, and new ones come in front', () => ones(2, 3).expand([2, 4])],
  ['shape', 'flatten: start 1 comes after end 0', () => ones(2, 3).flatten({ start: 1, end: 0 })],
  ['shape', 'concat: tensor 0 is [2, 3] and tensor 1 is [3, 3]; they may differ in axis 1 only', () => dl.concat([ones(2, 3), ones(3, 3)], 1)],
  ['dtype', 'concat: tensor 0 is float32 and tensor 1 is int32; cast one of them with .cast(dtype)', () => dl.concat([ones(1), int(1)])],
  ['shape', 'stack: tensor 0 is [2] and tensor 1 is [3]; all must have one shape', () => dl.stack([ones(2), ones(3)])],
  ['shape', 'stack: axis 5 is out of range for a tensor of 2 axes; needs -2 to 1', () => dl.stack([ones(2)], 5)],
  ['shape', 'split: sizes [1, 2] sum to 3, needs 2, the length of axis 0 of [2, 3]', () => ones(2, 3).split([1, 2])],
  ['shape', 'slice: index 5 is out of range for axis 0, which has 2 elements', () => ones(2, 3).slice([5])],
  ['shape', 'slice: 3 ranges for a tensor of 2 axes, [2, 3]', () => ones(2, 3).slice([0, 0, 0])],
  ['shape', 'slice: 3 ranges for a tensor of 2 axes, [2, 3]', () => ones(2, 3).slice([0, '...', 0, 0])],
  [
    'argument',
    "slice: '...' comes twice; it can stand for one run of axes only",
    () => ones(2, 3).slice(['...', 0, '...']),
  ],
  ['dtype', 'maskedSelect: mask is int32, needs bool; cast it with .cast(\'bool\')', () => ones(2).maskedSelect(dl.tensor([1, 0], { dtype: 'int32' }))],
  ['shape', 'maskedSelect: shapes [2, 3] and [2] do not broadcast: axis 1 is 3 in one and 2 in the other; make them equal, or one of them 1', () => ones(2, 3).maskedSelect(dl.tensor([true, false]))],
  ['dtype', 'nonzero: x is [1], needs a Tensor; make one with tensor(...)', () => dl.nonzero([1] as never)],
  ['argument', 'slice: step 0 on axis 0; needs a whole number other than 0', () => ones(2, 3).slice([[0, 2, 0]])],
  ['shape', 'writeSlice: index 5 is out of range for axis 0, which has 2 elements', () => ones(2, 3).writeSlice([5], 1)],
  ['shape', 'writeSlice: 3 ranges for a tensor of 2 axes, [2, 3]', () => ones(2, 3).writeSlice([0, 0, 0], 1)],
  ['shape', 'writeSlice: value is [2] and the part of x to write [3]; needs the same shape, or one that broadcasts to it', () => ones(2, 3).writeSlice([0], ones(2))],
  ['shape', 'writeSlice: value is [1, 3] and the part of x to write [3]; needs the same shape, or one that broadcasts to it', () => ones(2, 3).writeSlice([0], ones(1, 3))],
  ['shape', 'writeSlice: value is [2, 2] from [1,0] on in steps of [1,1], which is not inside x, [2, 3]', () => dl.writeSlice.run({ x: ones(2, 3), value: ones(2, 2) }, { starts: [1, 0], steps: [1, 1] })],
  ['dtype', 'writeSlice: x is float32 and value is int32; cast one of them with .cast(dtype)', () => ones(2, 3).writeSlice([0], int(1, 2, 3))],
  ['dtype', "writeSlice: the number 0.5 does not fit the int32 tensor; cast that with .cast('float32')", () => int(1).writeSlice([0], 0.5)],
  ['dtype', 'writeSlice: value is [1], needs a Tensor; make one with tensor(...)', () => ones(2, 3).writeSlice([0], [1] as never)],
  ['shape', 'pad: 1 pairs for a tensor of 2 axes, [2, 3]; needs one [before, after] for each', () => ones(2, 3).pad([[1, 1]])],
  ['shape', "pad: 3 elements cannot be taken by 'reflect' from axis 1, which has 3", () => ones(2, 3).pad([[0, 0], [3, 0]], { mode: 'reflect' })],
  ['argument', "pad: mode is 'wrap', needs 'constant', 'reflect', 'replicate' or 'circular'", () => ones(1).pad([[1, 0]], { mode: wrong('wrap') })],
  ['dtype', "pad: the value 0.5 does not fit the int32 tensor; cast that with .cast('float32')", () => int(1).pad([[1, 1]], { value: 0.5 })],
  ['shape', 'repeat: 1 counts for a tensor of 2 axes, [2, 3]; needs one for each', () => ones(2, 3).repeat([2])],
  ['argument', 'roll: 1 shifts for 2 axes; needs as many of each', () => ones(2, 3).roll([1], [0, 1])],
  ['shape', 'tril: [2] has fewer than two axes', () => ones(2).tril()],
  ['argument', 'triu: diagonal is 0.5, needs a whole number', () => ones(2, 2).triu(0.5)],
]);

// biome-ignore format: one mistake a line
suite('by index', [
  ['index', 'gather: index 3 at position 0 is out of range; the axis has 3 elements, so needs 0 to 2', () => ones(2, 3).gather(1, int(3).reshape([1, 1]))],
  ['index', 'gather: index -1 at position 0 is out of range; the axis has 3 elements, so needs 0 to 2', () => ones(2, 3).gather(1, int(-1).reshape([1, 1]))],
  ['dtype', "gather: index is float32, needs int32; cast it with .cast('int32')", () => ones(2, 3).gather(1, ones(1, 1))],
  ['shape', 'gather: index is [2] and x is [2, 3]; they need as many axes, and the index may be longer on axis 1 only', () => ones(2, 3).gather(1, int(0, 1))],
  ['index', 'scatterAdd: index 2 at position 0 is out of range; the axis has 2 elements, so needs 0 to 1', () => ones(2).scatterAdd(0, int(2), ones(1))],
  ['shape', 'scatterAdd: index is [1] and source is [2]; needs one index for each element', () => ones(2).scatterAdd(0, int(0), ones(2))],
  ['index', 'indexSelect: index 2 at position 1 is out of range; the axis has 2 elements, so needs 0 to 1', () => ones(2, 3).indexSelect(0, int(0, 2))],
  ['index', 'embedding: index 7 at position 0 is out of range; the axis has 5 elements, so needs 0 to 4', () => dl.embedding(int(7), ones(5, 2))],
  ['dtype', "embedding: indices is float32, needs int32; cast it with .cast('int32')", () => dl.embedding(ones(2), ones(5, 2))],
  ['shape', 'embedding: weight is [5], needs 2 axes: [count, features]', () => dl.embedding(int(0), ones(5))],
  ['dtype', "maskedFill: mask is float32, needs bool; cast it with .cast('bool')", () => ones(2).maskedFill(ones(2), 0)],
  ['dtype', "maskedFill: the value 0.5 does not fit the int32 tensor; cast that with .cast('float32')", () => int(1).maskedFill(bools(1), 0.5)],
]);

// biome-ignore format: one mistake a line
suite('linear algebra', [
  ['shape', 'matmul: a is [2, 3], b is [2, 3]; the columns of a (3) must be as many as the rows of b (2)', () => dl.matmul(ones(2, 3), ones(2, 3))],
  ['shape', 'matmul: a is [2, 3] transposed, b is [2, 3] transposed; the columns of a (2) must be as many as the rows of b (3)', () => dl.matmul(ones(2, 3), ones(2, 3), { transposeA: true, transposeB: true })],
  ['shape', 'matmul: a is [2, 3], b is [2]; the columns of a (3) must be as many as the rows of b (2)', () => dl.matmul(ones(2, 3), ones(2))],
  ['shape', 'matmul: got [2, 3] and []; a scalar has no rows, use mul', () => dl.matmul(ones(2, 3), dl.tensor(1))],
  ['shape', 'matmul: shapes [2] and [3] do not broadcast: axis 0 is 2 in one and 3 in the other; make them equal, or one of them 1', () => dl.matmul(ones(2, 2, 3), ones(3, 3, 2))],
  ['dtype', 'matmul: a is float32 and b is float64; cast one of them with .cast(dtype)', () => dl.matmul(ones(2, 2), doubles(2, 2))],
  ['shape', 'outer: a is [2, 3], needs 1 axes: [m]', () => dl.outer(ones(2, 3), ones(2))],
  ['shape', 'dot: a has 2 elements and b has 3; make them as many', () => dl.dot(ones(2), ones(3))],
  ['argument', "einsum: 'ij,jk' names 2 operands, got 1", () => dl.einsum('ij,jk', ones(2, 3))],
  ['shape', "einsum: 'ij,jk->ik': axis j is 3 in one operand and 2 in another", () => dl.einsum('ij,jk->ik', ones(2, 3), ones(2, 3))],
  ['shape', "einsum: 'i->i': operand 0 is [2, 3], but 'i' names 1 axes", () => dl.einsum('i->i', ones(2, 3))],
  ['argument', "einsum: 'ij->ik': axis k of the result is in no operand", () => dl.einsum('ij->ik', ones(2, 3))],
  ['argument', "einsum: 'ij->ii': an axis comes twice in the result", () => dl.einsum('ij->ii', ones(2, 3))],
  ['argument', "einsum: 'i?' does not parse; needs letters, commas, at most one '->' and one '...' in a term, such as 'bij,bjk->bik'", () => dl.einsum('i?', ones(2))],
]);

const image = (): dl.Tensor => ones(1, 3, 5, 5);

// biome-ignore format: one mistake a line
suite('networks', [
  ['shape', 'conv2d: input has 3 channels but weight expects 1 (weight is [6, 1, 5, 5])', () => dl.conv2d(image(), ones(6, 1, 5, 5))],
  ['shape', 'conv2d: input has 3 channels but weight expects 2 in each of 2 groups (weight is [6, 2, 3, 3])', () => dl.conv2d(image(), ones(6, 2, 3, 3), { groups: 2 })],
  ['shape', 'conv2d: 4 output channels cannot be cut into 3 groups (weight is [4, 1, 3, 3])', () => dl.conv2d(image(), ones(4, 1, 3, 3), { groups: 3 })],
  ['shape', 'conv2d: input is [3, 5, 5], needs 4 axes: [batch, channels, height, width]', () => dl.conv2d(ones(3, 5, 5), ones(6, 3, 3, 3))],
  ['shape', 'conv2d: a 7x7 filter (dilation 1x1) does not fit into an input of [1, 3, 5, 5] with padding [0, 0, 0, 0]; pad more, or use a smaller filter', () => dl.conv2d(image(), ones(6, 3, 7, 7))],
  ['shape', 'conv2d: weight is [6, 3, 0, 3], needs a filter of at least 1x1', () => dl.conv2d(image(), ones(6, 3, 0, 3))],
  ['shape', 'conv2d: bias is [5], needs [6], one for each output channel', () => dl.conv2d(image(), ones(6, 3, 3, 3), { bias: ones(5) })],
  ['dtype', 'conv2d: input is float32 and weight is float64; cast one of them with .cast(dtype)', () => dl.conv2d(image(), doubles(6, 3, 3, 3))],
  ['argument', 'conv2d: stride is 0, needs a whole number of at least 1', () => dl.conv2d(image(), ones(6, 3, 3, 3), { stride: 0 })],
  ['argument', 'conv2d: padding is [1, 2, 3], needs one number or a pair [vertical, horizontal]', () => dl.conv2d(image(), ones(6, 3, 3, 3), { padding: wrong([1, 2, 3]) })],
  ['argument', "conv2d: padding is 'full', needs a number, a pair, 'same' or 'valid'", () => dl.conv2d(image(), ones(6, 3, 3, 3), { padding: wrong('full') })],
  ['argument', "conv2d: padding 'same' needs stride 1, got 2x2; give the padding as numbers", () => dl.conv2d(image(), ones(6, 3, 3, 3), { padding: 'same', stride: 2 })],
  ['shape', 'maxPool2d: a window of 6x6 does not fit into an input of [1, 3, 5, 5] with padding 0x0', () => image().maxPool2d(6)],
  ['argument', 'maxPool2d: padding 2x2 is more than half the window 2x2; a window could see padding only', () => image().maxPool2d(2, { padding: 2 })],
  ['argument', 'avgPool2d: kernel is undefined, needs one number or a pair [vertical, horizontal]', () => image().avgPool2d(wrong(undefined))],
  ['index', 'crossEntropy: label 3 of row 1 is out of range; the logits have 3 classes, so needs 0 to 2', () => dl.crossEntropy(ones(2, 3), int(0, 3))],
  ['index', 'crossEntropy: label -1 of row 0 is out of range; the logits have 3 classes, so needs 0 to 2', () => dl.crossEntropy(ones(2, 3), int(-1, 0))],
  ['dtype', "crossEntropy: labels is float32, needs int32; cast it with .cast('int32')", () => dl.crossEntropy(ones(2, 3), ones(2))],
  ['dtype', "tensor: value NaN at index 1 is not an int32; round it first, or ask for dtype 'float32'", () => dl.crossEntropy(ones(2, 3), int(0, Number.NaN))],
  ['shape', 'crossEntropy: logits are [2, 3] and labels [3]; needs one label for each row', () => dl.crossEntropy(ones(2, 3), int(0, 1, 1))],
  ['shape', 'crossEntropy: logits are [3] and labels [1] of int32; logits without a batch need one class, [] of int32, or probabilities, [3]', () => dl.crossEntropy(ones(3), int(0))],
  ['argument', "crossEntropy: reduction is 'avg', needs 'mean', 'sum' or 'none'", () => dl.crossEntropy(ones(1, 3), int(0), { reduction: wrong('avg') })],
  ['shape', 'linear: x is [2, 3] and weight [4, 2]; the last axis of both needs as many features', () => dl.linear(ones(2, 3), ones(4, 2))],
  ['shape', 'linear: bias is [3] and weight [4, 3]; needs [4]', () => dl.linear(ones(2, 3), ones(4, 3), ones(3))],
  ['argument', "linear: activation is 'gelu', needs 'none', 'relu', 'tanh' or 'sigmoid'", () => dl.linear(ones(2, 3), ones(4, 3), undefined, { activation: wrong('gelu') })],
  ['shape', 'linear: weight is [3], needs 2 axes: [outFeatures, inFeatures]', () => dl.linear(ones(2, 3), ones(3))],
  ['dtype', 'linear: x is float32 and weight is float64; cast one of them with .cast(dtype)', () => dl.linear(ones(2, 3), doubles(4, 3))],
  ['shape', 'layerNorm: x is [2, 3], needs to end in [2], which is to be normalised', () => ones(2, 3).layerNorm(2)],
  ['shape', 'layerNorm: x is [3], needs to end in [2, 3], which is to be normalised', () => ones(3).layerNorm([2, 3])],
  ['shape', 'layerNorm: weight is [2] and x is [2, 3]; needs [3]', () => ones(2, 3).layerNorm(3, { weight: ones(2) })],
  ['argument', 'layerNorm: normalizedShape is undefined, needs a length or a list of lengths', () => ones(3).layerNorm(wrong(undefined))],
  ['argument', 'layerNorm: eps is -1, needs a number of at least 0', () => ones(3).layerNorm(3, { eps: -1 })],
  ['dtype', 'rmsNorm: x is float32 and weight is float64; cast one of them with .cast(dtype)', () => ones(3).rmsNorm(3, { weight: doubles(3) })],
  ['argument', 'groupNorm: x has 3 channels (shape [1, 3, 5, 5]), which cannot be cut into 2 groups; needs a divisor', () => image().groupNorm(2)],
  ['argument', 'groupNorm: groups is 0, needs a whole number of at least 1', () => image().groupNorm(0)],
  ['shape', 'groupNorm: x is [3], needs [batch, channels, ...]', () => ones(3).groupNorm(1)],
  ['shape', 'instanceNorm: x is [2, 3, 1], with one element in each channel, which has no variance; needs two or more', () => ones(2, 3, 1).instanceNorm()],
  ['shape', 'batchNorm: x is [1, 3], with one element in each channel, which has no variance; needs two or more', () => ones(1, 3).batchNorm()],
  ['shape', 'batchNorm: bias is [2] and x is [1, 3, 5, 5]; needs [3]', () => image().batchNorm({ bias: ones(2) })],
  ['shape', 'batchNormInference: variance is [2] and x is [1, 3, 5, 5]; needs [3]', () => dl.batchNormInference(image(), ones(3), ones(2))],
  ['dtype', 'batchNormInference: mean is undefined, needs a Tensor; make one with tensor(...)', () => dl.batchNormInference(image(), wrong(undefined), ones(3))],
  ['index', 'embedding: paddingIndex 5 is out of range for 5 rows; needs -5 to 4', () => dl.embedding(int(0), ones(5, 2), { paddingIndex: 5 })],
  ['shape', 'scaledDotProductAttention: q is [2, 4] and k [3, 5]; needs as many features in both', () => dl.scaledDotProductAttention(ones(2, 4), ones(3, 5), ones(3, 2))],
  ['shape', 'scaledDotProductAttention: k is [3, 4] and v [2, 4]; needs one value for each key', () => dl.scaledDotProductAttention(ones(2, 4), ones(3, 4), ones(2, 4))],
  ['shape', 'scaledDotProductAttention: v is [4], needs [..., length, features]', () => dl.scaledDotProductAttention(ones(2, 4), ones(3, 4), ones(4))],
]);
