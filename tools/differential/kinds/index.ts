// All kinds. A new one is a file here, its function in a Python file of the same name, and a line in this list.

import type { Kind } from '../kind.js';
import { compositions } from './compositions.js';
import { gpu } from './gpu.js';
import { layersKind } from './layers.js';
import { losses } from './losses.js';
import { optimisers } from './optimisers.js';
import { schedules } from './schedules.js';

export const kinds: readonly Kind[] = [compositions, layersKind, losses, optimisers, schedules, gpu];
