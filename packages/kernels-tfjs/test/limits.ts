// What the conformance suite leaves out on TensorFlow.js.

const overPadding =
  'kernels of TensorFlow.js take a weight that is not finite over the padding and between the elements of a gradient, or not';

export const exclude: Readonly<Record<string, string>> = {
  'conv2d special values float32': overPadding,
  'conv2dInputGrad special values float32': overPadding,
  'conv2dWeightGrad special values float32': overPadding,
};

const integers = 'whole numbers beyond 2^24 that ops make are rounded to 24 bits';
const angles = 'angles beyond a hundred thousand lose digits';
const exponentials = 'the device loses the last digits of e^x where x is large';
const infinities = 'weights of infinite scores are not NaN there, as in softmax';
const extremes = 'the largest number of those below -1e20 is -1e20 on WebGL';

/** Numbers are floats in textures there, integers too, and each shape is a program to compile. */
export const onWebgl = {
  subnormals: false,
  largestInteger: 2 ** 24,
  axes: [5, 7, 9],
  exclude: {
    ...exclude,
    'scatterAdd special values int32': integers,
    'indexSelectGrad special values int32': integers,
    'matmul special values int32': integers,
    'mul special values int32': integers,
    'prod special values int32': integers,
    'prodOfOthers special values int32': integers,
    'square special values int32': integers,
    'sum special values int32': integers,
    'cumsum special values int32': integers,
    'sin special values float32': angles,
    'cos special values float32': angles,
    'max special values float32': extremes,
    'min special values float32': extremes,
    'softmax special values float32': extremes,
    'scaledDotProductAttention special values float32': infinities,
    'logSoftmax special values float32': extremes,
    'crossEntropyGrad special values float32': extremes,
    // The logarithm of nothing is -1e30 there.
    'ctcLossesGrad gradient float32': extremes,
    'cast special values float32': 'what is no int32 becomes the smallest',
    'cast numbers of every size float32': 'what is no int32 becomes the smallest',
    'sin numbers of every size float32': angles,
    'cos numbers of every size float32': angles,
    'exp numbers of every size float32': exponentials,
    'expm1 numbers of every size float32': exponentials,
    'sigmoid numbers of every size float32': exponentials,
    'silu numbers of every size float32': exponentials,
    'mish numbers of every size float32': exponentials,
    'softplus numbers of every size float32': exponentials,
  },
} as const;
