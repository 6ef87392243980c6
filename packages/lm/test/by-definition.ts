// What each sampler does to probabilities, once more, from its definition: by sorting everything, in plain probabilities.

type Probabilities = readonly number[];

export const normalised = (weights: Probabilities): number[] => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
};

/** Numbers of the tokens by a key, from the smallest on, of equal keys the first one first. */
const sortedBy = (keys: readonly number[]): number[] =>
  keys.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]! || a - b);

const only = (p: Probabilities, kept: readonly number[]): number[] => {
  const set = new Set(kept);
  return normalised(p.map((each, i) => (set.has(i) ? each : 0)));
};

/** The first of an order whose probabilities come to a mass, the one that crosses it included. */
function upTo(p: Probabilities, order: readonly number[], mass: number): number[] {
  let sum = 0;
  const end = order.findIndex((i) => {
    sum += p[i]!;
    return sum > mass - 1e-9;
  });
  return only(p, order.slice(0, end < 0 ? order.length : end + 1));
}

const entropy = (p: Probabilities): number =>
  p.reduce((sum, each) => (each > 0 ? sum - each * Math.log(each) : sum), 0);
const best = (p: Probabilities): number => p.indexOf(Math.max(...p));

/** By the name of the option: what is left of normalised probabilities. */
export const byDefinition = {
  temperature: (p: Probabilities, t: number) =>
    t === 0 ? only(p, [best(p)]) : normalised(p.map((each) => each ** (1 / t))),
  topK: (p: Probabilities, k: number) => only(p, sortedBy(p.map((each) => -each)).slice(0, k)),
  topP: (p: Probabilities, mass: number) => upTo(p, sortedBy(p.map((each) => -each)), mass),
  minP: (p: Probabilities, share: number) =>
    normalised(p.map((each) => (each >= share * Math.max(...p) - 1e-12 ? each : 0))),
  typical: (p: Probabilities, mass: number) => {
    const h = entropy(p);
    const possible = p.map((each, i) => [each, i] as const).filter(([each]) => each > 0);
    const order = sortedBy(p.map((each) => Math.abs(-Math.log(each) - h))).filter((i) =>
      possible.some(([, at]) => at === i),
    );
    return upTo(p, order, mass);
  },
  eta: (p: Probabilities, epsilon: number) => {
    const border = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy(p)));
    return normalised(p.map((each, i) => (each >= border || i === best(p) ? each : 0)));
  },
  /** With the largest surprise that is let through, in bits. */
  mirostat: (p: Probabilities, cut: number) =>
    normalised(p.map((each, i) => (-Math.log2(each) <= cut + 1e-9 || i === best(p) ? each : 0))),
} as const;
