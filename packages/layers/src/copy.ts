// This copy of this package, by which modules of another one are told apart.

import { packageCopy } from '@dl/autograd';
import { version } from './version.js';

export const ownCopy = /* @__PURE__ */ packageCopy('@dl/layers', version, () => new Error());
