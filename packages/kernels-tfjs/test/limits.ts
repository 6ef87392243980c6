// What the conformance suite leaves out on TensorFlow.js.

const overPadding =
  'kernels of TensorFlow.js take a weight that is not finite over the padding and between the elements of a gradient, or not';

export const exclude: Readonly<Record<string, string>> = {
  'conv2d special values float32': overPadding,
  'conv2dInputGrad special values float32': overPadding,
  'conv2dWeightGrad special values float32': overPadding,
};

/** Numbers are floats in textures there, integers too, and each shape is a program to compile. */
export const onWebgl = { exclude, subnormals: false, largestInteger: 2 ** 24, axes: [5, 7, 9] } as const;
