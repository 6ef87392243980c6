// A program of its own, because a process looks for OpenGL once.

import { swap } from './swap.js';

await swap(console.log);
