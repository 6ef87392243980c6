// What the conformance suite is told of numbers on a GPU, and what it leaves out.

const integers = 'whole numbers beyond 2^24 that ops make are rounded to 24 bits';

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
    'prod 1 to 9 axes': `${integers}: products of int32 over many axes are; of floats they go the way of sums`,
    'cumsum special values int32': integers,
  },
} as const;
