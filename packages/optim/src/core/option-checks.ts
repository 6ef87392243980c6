// What options must be: the checks that optimisers share.

import type { Check } from './options.js';

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** A number of at least 0, such as a weight decay. */
export const atLeast0: Check = { needs: 'a number of at least 0', test: (value) => isNumber(value) && value >= 0 };

/** A learning rate; at 0 parameters stay as they are, and what is remembered goes on. */
export const learningRate: Check = atLeast0;

/** Any number that is finite. */
export const anyNumber: Check = { needs: 'a finite number', test: isNumber };

/** A boolean. */
export const yesOrNo: Check = { needs: 'true or false', test: (value) => typeof value === 'boolean' };

const isDecay = (value: unknown): boolean => isNumber(value) && value >= 0 && value < 1;

/** How much of a running mean stays: from 0 to below 1. */
export const decay: Check = { needs: 'a number of at least 0 and below 1', test: isDecay };

/** A number above 0. */
export const above0: Check = { needs: 'a number above 0', test: (value) => isNumber(value) && value > 0 };

/** A count of at least 1. */
export const wholeNumber: Check = {
  needs: 'a whole number of at least 1',
  test: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};

/** Two decays, such as Adam's betas. */
export const twoDecays: Check = {
  needs: 'a pair of numbers of at least 0 and below 1',
  test: (value) => Array.isArray(value) && value.length === 2 && value.every(isDecay),
};

/** A count that may be 0. */
export const wholeFrom0: Check = {
  needs: 'a whole number of at least 0',
  test: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};

/** A list of counts, such as milestones. */
export const wholeNumbers: Check = {
  needs: 'an array of whole numbers of at least 1',
  test: (value) => Array.isArray(value) && value.every(wholeNumber.test),
};

/** A number from 0 to 1, both included. */
export const share: Check = {
  needs: 'a number from 0 to 1',
  test: (value) => isNumber(value) && value >= 0 && value <= 1,
};

/** A share that something is divided by later. */
export const aboveShare: Check = {
  needs: 'a number above 0 and up to 1',
  test: (value) => isNumber(value) && value > 0 && value <= 1,
};

/** One of some words. */
export const oneOf = (...values: readonly string[]): Check => ({
  needs: values.map((value) => `'${value}'`).join(' or '),
  test: (value) => typeof value === 'string' && values.includes(value),
});

/** One value for all groups, or a list with one for each. */
export const oneOrMore = ({ needs, test }: Check): Check => ({
  needs: `${needs}, or an array of such`,
  test: (value) => (Array.isArray(value) ? value.every(test) : test(value)),
});

/** What the check says, or nothing. */
export const optional = ({ needs, test }: Check): Check => ({
  needs: `${needs}, or undefined`,
  test: (value) => value === undefined || test(value),
});

/** What the check says, or without end. */
export const orInfinity = ({ needs, test }: Check): Check => ({
  needs: `${needs}, or Infinity`,
  test: (value) => value === Number.POSITIVE_INFINITY || test(value),
});
