// The page of the bundle test, and the worker: the same file, which finds out where it runs.

import { steps } from './steps.js';

const answer = steps({}).catch((error: unknown) => ({ error: String(error) }));
if (typeof document === 'undefined') answer.then((value) => postMessage(value));
Object.assign(globalThis, { answer });
