// Arithmetic on two tensors, with broadcasting.

import { add, div, maximum, minimum, mod, mul, pow, sub } from '@dl/autograd';
import { binary } from './broadcast.js';
import { COSTLY } from './engine.js';

export const addKernel = binary(add, 'binaryAdd');
export const subKernel = binary(sub, 'binarySub');
export const mulKernel = binary(mul, 'binaryMul');
export const divKernel = binary(div, 'binaryDiv');
export const modKernel = binary(mod, 'binaryMod', { grain: COSTLY });
export const powKernel = binary(pow, 'binaryPow', { grain: COSTLY / 2 });
export const maximumKernel = binary(maximum, 'binaryMaximum');
export const minimumKernel = binary(minimum, 'binaryMinimum');
