// What makes workspace imports resolve to source, and source run on the oldest Node: shared by all test projects.

/** The export condition that every package of the workspace lists first. */
export const sourceCondition = '@dl/source';

/** Lowers `using`, which Node 20 does not know. */
export const oxc = { target: 'es2022' };
