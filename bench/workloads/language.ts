// n-gram models, which have no tensors: counting, smoothing, scoring. What is compared is handed over as a tensor all the same.

import * as dl from '@dl/autograd';
import { kneserNey, modifiedKneserNey, NgramCounts } from '@dl/lm';
import { type Workload, zipf } from './workload.js';

const WORDS = 20_000;
const ORDER = 5;
const MANY = 1_000_000;
const FEW = 50_000;

/** NLTK scans all that it counted for each lower order of each score. */
const SMALL = { words: 500, order: 3, tokens: 5_000, from: 100, to: 200 } as const;

const integers = (x: dl.Tensor | undefined): Int32Array => x!.dataSync() as Int32Array;

function counted(tokens: ArrayLike<number>, order: number = ORDER, words: number = WORDS): NgramCounts {
  return new NgramCounts(words, { order }).add(tokens);
}

/** What is compared: how many different n-grams of each order there are. */
function counting(length: number): Pick<Workload, 'name' | 'inputs' | 'dl' | 'isPlain' | 'isNetwork'> {
  return {
    name: `counting ${length} tokens to order ${ORDER}`,
    inputs: [zipf(length, WORDS)],
    dl: (x) => {
      const tokens = integers(x);
      return () => dl.tensor([...counted(tokens).sizes]);
    },
    isPlain: true,
    isNetwork: true,
  };
}

type NGram = { readonly nGram: (n: number) => (tokens: readonly string[]) => string[][] };

export const language: readonly Workload[] = [
  counting(MANY),
  {
    ...counting(FEW),
    npm: {
      // It cuts a text into runs; counting them is left to a table of whoever uses it.
      'n-gram': ({ nGram }: NGram, values) => {
        const tokens = Array.from(values, String);
        return () =>
          Array.from({ length: ORDER }, (_, i) => {
            const counts = new Map<string, number>();
            for (const run of nGram(i + 1)(tokens)) {
              const key = run.join(' ');
              counts.set(key, (counts.get(key) ?? 0) + 1);
            }
            return counts.size;
          });
      },
    },
    nltk: `
from nltk.util import everygrams
def make(tokens):
    def count():
        counts = lm.NgramCounter([everygrams(tokens, max_len=${ORDER})])
        return [len(counts[1])] + [sum(len(after) for after in counts[n].values()) for n in range(2, ${ORDER + 1})]
    return count`,
  },
  {
    name: `modified Kneser-Ney of ${MANY} tokens at order ${ORDER}, counted before`,
    inputs: [zipf(MANY, WORDS)],
    dl: (x) => {
      const counts = counted(integers(x));
      return () => dl.tensor([modifiedKneserNey(counts).probability(0)]);
    },
    isPlain: true,
    isNetwork: true,
  },
  {
    name: `scoring ${MANY} tokens by modified Kneser-Ney of order ${ORDER}`,
    inputs: [zipf(MANY, WORDS), zipf(MANY, WORDS)],
    dl: (x, y) => {
      const model = modifiedKneserNey(counted(integers(x)));
      const tokens = integers(y);
      const scores = new Float64Array(tokens.length);
      return () => {
        model.run(model.empty, tokens, scores);
        return dl.tensor([scores[0]!, scores[MANY - 1]!]);
      };
    },
    isPlain: true,
    isNetwork: true,
  },
  {
    name: `scoring ${SMALL.to - SMALL.from} tokens by Kneser-Ney of order ${SMALL.order}, of ${SMALL.tokens}`,
    inputs: [zipf(SMALL.tokens, SMALL.words)],
    dl: (x) => {
      const tokens = integers(x);
      const model = kneserNey(counted(tokens, SMALL.order, SMALL.words), { conventions: 'nltk', discount: 0.75 });
      const scored = tokens.slice(SMALL.from, SMALL.to);
      const scores = new Float64Array(scored.length);
      return () => {
        model.run(model.empty, scored, scores);
        return dl.tensor(scores.map(Math.exp), { dtype: 'float32' });
      };
    },
    nltk: `
from nltk.util import everygrams
def make(tokens):
    tokens = [str(token) for token in tokens]
    model = lm.KneserNeyInterpolated(${SMALL.order}, discount=0.75)
    model.fit([list(everygrams(tokens, max_len=${SMALL.order}))], vocabulary_text=tokens)
    scored = tokens[${SMALL.from}:${SMALL.to}]
    return lambda: [model.score(word, scored[max(0, i - ${SMALL.order - 1}):i]) for i, word in enumerate(scored)]`,
    isPlain: true,
  },
];
