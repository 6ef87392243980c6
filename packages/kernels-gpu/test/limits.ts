// What the conformance suite is told of numbers on a GPU, and what it leaves out.

const integers = 'whole numbers beyond 2^24 that ops make are rounded to 24 bits';
const negativeZero = '1 / -0 is ∞';
const angles = 'angles beyond a million lose digits';

/** Numbers below 2^-126 are zeros there, and whole numbers have 24 bits. */
export const limits = {
  subnormals: false,
  largestInteger: 2 ** 24,
  exclude: {
    'mul special values int32': integers,
    'square special values int32': integers,
    'scatterAdd special values int32': integers,
    'indexSelectGrad special values int32': integers,
    'matmul special values int32': integers,
    'prodOfOthers special values int32': integers,
    'sum special values int32': integers,
    'prod special values int32': integers,
    'cumsum special values int32': integers,
    'rsqrt special values float32': negativeZero,
    'reciprocal special values float32': negativeZero,
    'sin special values float32': angles,
    'cos special values float32': angles,
    'mod special values float32': 'by infinity it is NaN, and large quotients lose digits',
    'pow special values float32': 'negative bases with infinite or whole exponents are NaN',
    'round special values float32': '0.49999997 becomes 1',
    'gelu special values float32': 'of -∞ it is 0, by the formula NaN',
    'conv2d special values float32': 'a weight that is not finite meets the padding',
    'conv2dWeightGrad special values float32': 'a gradient that is not finite meets the padding',
  },
} as const;
