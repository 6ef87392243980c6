// einsum: sums of products in index notation, by way of permute, reshape, sum and one batched matmul for each pair.

import { checkCall } from '../arguments/check-call.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needTensor } from './checks.js';
import { expand } from './expand.js';
import { matmul } from './matmul.js';
import { permute } from './permute.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';
import { slice } from './slice.js';

/** A tensor whose axes carry letters. */
interface Labelled {
  readonly tensor: Tensor;
  readonly labels: readonly string[];
}

/**
 * Einstein summation: letters name axes, those missing on the right are summed over. `...` stands for any
 * further axes in front, which broadcast. Without `->` the result has the letters that occur once, in alphabetical order.
 *
 * @throws ArgumentError for an equation that does not parse, ShapeError where the axes do not fit.
 *
 * @example
 * ```ts
 * import { einsum, randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const q = randn([2, 8, 5, 16]);
 * const k = randn([2, 8, 7, 16]);
 * console.log(einsum('bhqd,bhkd->bhqk', q, k).shape); // [2, 8, 5, 7]
 * ```
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  checkCall('einsum', [equation], [['equation', 'string']]);
  if (equation === undefined) throw new ArgumentError("einsum: got no equation, needs one such as 'ij,jk->ik'");
  for (const [i, operand] of operands.entries()) needTensor('einsum', `operand ${i}`, operand);
  const { inputs, output } = parse(equation, operands);
  const lengths = new Map<string, number>();
  for (const { tensor, labels } of inputs) {
    labels.forEach((label, axis) => {
      const length = tensor.shape[axis]!;
      const known = lengths.get(label) ?? 1;
      if (known !== 1 && length !== 1 && known !== length) {
        throw new ShapeError(
          `einsum: '${equation}': ${label.startsWith('.') ? "an axis of '...'" : `axis ${label}`} is ${known} in one operand and ${length} in another`,
        );
      }
      lengths.set(label, Math.max(known, length));
      // A length of 0 is a length, too.
      if (length === 0 || tensor.shape[axis] === 0) lengths.set(label, 0);
    });
  }
  let result = takeDiagonals(inputs[0]!);
  for (let i = 1; i < inputs.length; i++) {
    const needed = new Set([...output, ...inputs.slice(i + 1).flatMap(({ labels }) => labels)]);
    result = contract(result, takeDiagonals(inputs[i]!), needed);
  }
  const summed = sumOut(result, new Set(output));
  const order = output.map((label) => summed.labels.indexOf(label));
  return expand(
    permute(summed.tensor, order),
    output.map((label) => lengths.get(label)!),
  );
}

function parse(equation: string, operands: readonly Tensor[]): { inputs: Labelled[]; output: string[] } {
  const compact = equation.replaceAll(' ', '');
  const [left = '', right, ...more] = compact.split('->');
  const terms = left.split(',');
  const isTerm = (term: string): boolean => /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term);
  if (more.length > 0 || ![...terms, right ?? ''].every(isTerm)) {
    throw new ArgumentError(
      `einsum: '${equation}' does not parse; needs letters, commas, at most one '->' and one '...' in a term, such as 'bij,bjk->bik'`,
    );
  }
  if (terms.length !== operands.length) {
    throw new ArgumentError(`einsum: '${equation}' names ${terms.length} operands, got ${operands.length}`);
  }
  let broadcast = 0;
  const inputs = terms.map((term, i) => {
    const tensor = operands[i]!;
    const letters = term.replace('...', '').length;
    const extra = tensor.rank - letters;
    if (extra < 0 || (extra > 0 && !term.includes('...'))) {
      throw new ShapeError(
        `einsum: '${equation}': operand ${i} is ${formatShape(tensor.shape)}, but '${term}' names ${letters} axes`,
      );
    }
    broadcast = Math.max(broadcast, extra);
    return { tensor, labels: labelsOf(term, extra) };
  });
  const all = inputs.flatMap(({ labels }) => labels);
  if (right !== undefined) {
    const output = labelsOf(right, broadcast);
    const unknown = output.find((label) => !label.startsWith('.') && !all.includes(label));
    if (unknown !== undefined)
      throw new ArgumentError(`einsum: '${equation}': axis ${unknown} of the result is in no operand`);
    if (new Set(output).size !== output.length)
      throw new ArgumentError(`einsum: '${equation}': an axis comes twice in the result`);
    return { inputs, output };
  }
  const once = [...new Set(all)].filter(
    (label) => !label.startsWith('.') && all.indexOf(label) === all.lastIndexOf(label),
  );
  return { inputs, output: [...labelsOf('...', broadcast), ...once.sort()] };
}

/** One label for each axis; those of '...' are numbered from the right, so that they align as in broadcasting. */
function labelsOf(term: string, extra: number): string[] {
  const [before, after] = term.split('...') as [string, string?];
  if (after === undefined) return [...before];
  return [...before, ...Array.from({ length: extra }, (_, i) => `.${extra - i}`), ...after];
}

/** Where a letter comes twice in one term, only the diagonal counts: every (length + 1)-th element of the two axes as one. */
function takeDiagonals({ tensor, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return { tensor, labels };
  const first = labels.indexOf(labels[second]!);
  const length = tensor.shape[first]!;
  if (tensor.shape[second] !== length) {
    throw new ShapeError(
      `einsum: axis ${labels[second]} comes twice in an operand of ${formatShape(tensor.shape)}, with different lengths`,
    );
  }
  const others = tensor.shape.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const planes = reshape(permute(tensor, [...others, first, second]), [
    ...others.map((axis) => tensor.shape[axis]!),
    length * length,
  ]);
  const diagonal = slice(planes, [...others.map(() => null), [null, null, length + 1]]);
  return takeDiagonals({ tensor: diagonal, labels: [...others.map((axis) => labels[axis]!), labels[first]!] });
}

function sumOut({ tensor, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = labels.map((_, axis) => axis).filter((axis) => !needed.has(labels[axis]!));
  if (axes.length === 0) return { tensor, labels };
  return { tensor: sum(tensor, axes), labels: labels.filter((label) => needed.has(label)) };
}

/** The product of two operands, summed over the axes that nothing needs later: one batched matrix product. */
function contract(left: Labelled, right: Labelled, needed: ReadonlySet<string>): Labelled {
  const a = sumOut(left, new Set([...needed, ...right.labels]));
  const b = sumOut(right, new Set([...needed, ...left.labels]));
  const lengthIn = ({ tensor, labels }: Labelled, label: string): number => tensor.shape[labels.indexOf(label)] ?? 1;
  const shared = a.labels.filter((label) => b.labels.includes(label));
  // An axis of length 1 broadcasts, which a matrix product does over the batch only.
  const isEqual = (label: string): boolean => lengthIn(a, label) === lengthIn(b, label);
  const inner = shared.filter((label) => !needed.has(label) && isEqual(label));
  const batch = shared.filter((label) => !inner.includes(label));
  const rows = a.labels.filter((label) => !b.labels.includes(label));
  const columns = b.labels.filter((label) => !a.labels.includes(label));
  const arrange = (x: Labelled, groups: readonly (readonly string[])[]): Tensor => {
    const permuted = permute(
      x.tensor,
      groups.flat().map((label) => x.labels.indexOf(label)),
    );
    const product = (group: readonly string[]): number => group.reduce((size, label) => size * lengthIn(x, label), 1);
    return reshape(permuted, [
      ...groups[0]!.map((label) => lengthIn(x, label)),
      product(groups[1]!),
      product(groups[2]!),
    ]);
  };
  const product = matmul(arrange(a, [batch, rows, inner]), arrange(b, [batch, inner, columns])); // [...batch, rows, columns]
  const shape = [
    ...batch.map((label) => Math.max(lengthIn(a, label), lengthIn(b, label))),
    ...rows.map((label) => lengthIn(a, label)),
    ...columns.map((label) => lengthIn(b, label)),
  ];
  return sumOut({ tensor: reshape(product, shape), labels: [...batch, ...rows, ...columns] }, needed);
}
