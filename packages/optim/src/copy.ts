// This copy of this package, by which optimisers and schedules of another one are told apart.

import { packageCopy } from '@dl/autograd';
import { version } from './version.js';

export const ownCopy = /* @__PURE__ */ packageCopy('@dl/optim', version, () => new Error());
