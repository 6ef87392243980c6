// prune: a smaller model that says nearly the same, by leaving out n-grams whose backed-off probability is close to their own.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import { partOf } from './make-trie.js';
import { BackoffModel } from './model.js';

/** Options of {@link prune}. */
export interface PruneOptions {
  /** n-grams go whose loss raises the perplexity of the model by less than this part of it: 1e-8 takes out few, 1e-6 many. */
  readonly threshold: number;
}

const pruneOptions: Known<PruneOptions> = { threshold: 'number' };

/**
 * Leaves out n-grams by relative entropy. Without the n-gram h w, the model p' backs off there, with another weight α' of h, and differs from p by
 *
 *     D(p‖p') = -P(h) { p(w|h) [log p(w|h') + log α'(h) - log p(w|h)] + [log α'(h) - log α(h)] · N(h) }
 *     α'(h) = (N(h) + p(w|h)) / (1 - Σ p(v|h') + p(w|h')),   N(h) = 1 - Σ p(v|h)
 *
 * with sums over the tokens v that have a probability of their own in h, and P(h) by the model itself. The perplexity grows by the factor e^D. Each n-gram of
 * two tokens and more is looked at by itself, from the longest ones down; it goes if the factor is below 1 + threshold and nothing longer that stays begins
 * with it. Then all weights are computed anew, so that the probabilities of each context sum to 1 as before. P of a sequence's begin is that of its end, of which there are as many.
 *
 * P(h) is that of the model: under Kneser–Ney, whose lower orders say how many contexts a token has and not how often it comes, it is far from what comes in text, and more is lost
 * than the threshold says. Katz, Witten–Bell and absolute discounting bear pruning better (Chelba, Brants, Neveitt & Xu, "Study on interaction between entropy pruning and Kneser–Ney
 * smoothing", 2010).
 *
 * Counts below a cut-off are left out before smoothing, by the option `cutoffs` of each smoothing.
 *
 * `info.details.pruned` has the threshold, and how many n-grams of each order there were and are.
 *
 * @throws ArgumentError for a model that does not back off, or whose probabilities do not sum to 1, and for a threshold below 0.
 *
 * Source: Stolcke, "Entropy-based pruning of backoff language models", 1998.
 *
 * @example
 * ```ts
 * import { prune, readArpa } from '@dl/lm';
 * const text =
 *   '\\data\\\nngram 1=2\nngram 2=1\n\n\\1-grams:\n-0.30103\ta\t0.01\n-0.30103\tb\n\n\\2-grams:\n-0.3109\ta a\n\n\\end\\\n';
 * const small = prune(await readArpa(text), { threshold: 0.001 }); // that b follows a a little more often changes next to nothing
 * console.log(small.trie.size); // 3: the root and two tokens; the pair is gone
 * ```
 */
export function prune(model: BackoffModel, options: PruneOptions): BackoffModel {
  checkCall('prune', arguments, ['model'], pruneOptions);
  const { threshold } = options ?? {};
  if (!(model instanceof BackoffModel)) {
    throw new ArgumentError(
      `prune: got ${shown(model)}, needs a model that backs off, such as modifiedKneserNey or readArpa makes; others are made smaller by cutoffs of their counts`,
    );
  }
  if (!(Number.isFinite(threshold) && threshold >= 0)) {
    throw new ArgumentError(`prune: threshold is ${shown(threshold)}, needs a number of at least 0, such as 1e-7`);
  }
  if (!model.info.isDistribution) {
    throw new ArgumentError(
      `prune: the probabilities of the model (${model.info.smoothing}) do not sum to 1 in each context, so that no weight follows from them; take another smoothing`,
    );
  }
  const stays = staying(model, threshold);
  const { trie, former } = partOf(model.trie, stays);
  const logProbabilities = Float64Array.from(former, (node) => model.logProbabilities[node]!);
  const backoffs = Float64Array.from(former.subarray(0, trie.contexts), (node) => model.backoffs[node]!);
  const sizes = ({ levels }: typeof trie): number[] =>
    Array.from(levels.subarray(1, -1), (start, k) => levels[k + 2]! - start);
  const pruned = { threshold, before: sizes(model.trie), after: sizes(trie) };
  const info = { ...model.info, details: { ...model.info.details, pruned } };
  const smaller = new BackoffModel(trie, { logProbabilities, backoffs }, info);
  reweigh(smaller, model, former);
  return smaller;
}

/** 1 for each node that stays. */
function staying(model: BackoffModel, threshold: number): Uint8Array {
  const { trie, logProbabilities, backoffs } = model;
  const { children, words, suffixes, contexts } = trie;
  const contextLogs = logsOfContexts(model);
  const stays = new Uint8Array(trie.size).fill(1);
  /** 1 for each context that is followed by something that stays. */
  const followed = new Uint8Array(contexts);
  for (let context = contexts - 1; context > 0; context--) {
    const shorter = suffixes[context]!;
    const end = children[context + 1]!;
    const { left, leftBelow } = leftOf(model, context);
    const probability = Math.exp(contextLogs[context]!);
    for (let child = children[context]!; child < end; child++) {
      if (child >= contexts || followed[child] === 0) {
        const log = logProbabilities[child]!;
        const below = model.logProbabilityIn(shorter, words[child]!);
        const p = Math.exp(log);
        const weight = Math.log((left + p) / (leftBelow + Math.exp(below)));
        // 0 · ∞ is 0 here: what never comes costs nothing.
        const own = p > 0 ? p * (below + weight - log) : 0;
        const rest = left > 0 ? (weight - backoffs[context]!) * left : 0;
        const entropy = Math.max(0, -probability * (own + rest));
        // Also where it is NaN, as of a context that nothing is left of, it stays.
        if (Math.expm1(entropy) < threshold) stays[child] = 0;
      }
      if (stays[child] === 1) followed[context] = 1;
    }
  }
  return stays;
}

/** The logarithm of the probability of each context, by the chain rule. */
function logsOfContexts({ trie, logProbabilities, info }: BackoffModel): Float64Array {
  const { children, words, contexts } = trie;
  const { bos, eos } = info.vocabulary ?? {};
  const logs = new Float64Array(contexts);
  /** 1 for each context of begin tokens alone, which nothing predicts and which always come. */
  const begins = new Uint8Array(contexts);
  begins[0] = 1;
  for (let context = 0; context < contexts; context++) {
    const end = Math.min(children[context + 1]!, contexts);
    for (let child = children[context]!; child < end; child++) {
      if (words[child] === bos && begins[context] === 1) {
        begins[child] = 1;
        logs[child] = context === 0 && eos !== undefined ? logProbabilities[1 + eos]! : logs[context]!;
      } else logs[child] = logs[context]! + logProbabilities[child]!;
    }
  }
  return logs;
}

/** What a context leaves to tokens that have no probability of their own in it, and what those have in the next shorter one. */
function leftOf(model: BackoffModel, context: number): { readonly left: number; readonly leftBelow: number } {
  const { children, words, suffixes } = model.trie;
  let left = 1;
  let leftBelow = 1;
  const end = children[context + 1]!;
  for (let child = children[context]!; child < end; child++) {
    left -= Math.exp(model.logProbabilities[child]!);
    leftBelow -= Math.exp(model.logProbabilityIn(suffixes[context]!, words[child]!));
  }
  return { left: Math.max(0, left), leftBelow: Math.max(0, leftBelow) };
}

/** Computes the weights anew of contexts in which something changed, shorter ones first. */
function reweigh(smaller: BackoffModel, { trie: whole }: BackoffModel, former: Int32Array): void {
  const { trie, backoffs } = smaller;
  const isChanged = new Uint8Array(trie.contexts);
  for (let context = 1; context < trie.contexts; context++) {
    const was = former[context]!;
    const shorter = trie.suffixes[context]!;
    const children = trie.children[context + 1]! - trie.children[context]!;
    const hasLost = children < whole.children[was + 1]! - whole.children[was]!;
    if (!hasLost && former[shorter] === whole.suffixes[was] && isChanged[shorter] === 0) continue;
    isChanged[context] = 1;
    const { left, leftBelow } = leftOf(smaller, context);
    // Where the tokens of its own have everything that there is below, the weight is never of use.
    backoffs[context] = leftBelow > 0 ? Math.log(left / leftBelow) : 0;
  }
}
