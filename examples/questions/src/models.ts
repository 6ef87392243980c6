// What answers: attention over the facts, and a bag of all their words.

import { LuongAttention } from '@dl/attention';
import { concat, noGrad, randn, type Tensor } from '@dl/autograd';
import { EmbeddingBag, Linear, Module, ModuleList } from '@dl/layers';

export interface Answer {
  /** For each word, how much it is the answer: [batch, words]. */
  readonly logits: Tensor;
  /** How much each hop looked at each fact, [batch, facts]; none without attention. */
  readonly weights: readonly Tensor[];
}

/** Takes facts [batch, facts, words] and questions [batch, words], of which 0 is no word. */
export type Reader = Module<[facts: Tensor, question: Tensor], Answer>;

/**
 * A memory of facts (Sukhbaatar et al., "End-to-end memory networks", 2015). A fact is the sum of the vectors of its words, and so is the question: what shares words fits. The question looks at all facts, takes what it finds there to itself,
 * and looks again with what it then knows: a hop for each fact that an answer may need.
 */
export class FactReader extends Module<[facts: Tensor, question: Tensor], Answer> {
  readonly words: EmbeddingBag;
  readonly looks: ModuleList<LuongAttention>;
  readonly tells: ModuleList<Linear>;
  readonly output: Linear;

  constructor(words: number, width: number, hops: number) {
    super();
    this.words = new EmbeddingBag(words, width, { mode: 'sum', paddingIndex: 0 });
    const each = <T>(make: () => T): T[] => Array.from({ length: hops }, make);
    this.looks = new ModuleList(each(() => new LuongAttention(width, width, { score: 'dot' })));
    this.tells = new ModuleList(each(() => new Linear(width, width)));
    this.output = new Linear(width, words);
    // Small numbers: at first all facts that share a word with the question are looked at, and none of them alone.
    noGrad(() => this.words.weight.assign(randn(this.words.weight.shape, { std: 0.3 })));
  }

  forward(facts: Tensor, question: Tensor): Answer {
    const [batch, count, words] = facts.shape as readonly [number, number, number];
    const memory = this.words.forward(facts.reshape([batch * count, words])).reshape([batch, count, -1]);
    let asked = this.words.forward(question).unsqueeze(1); // [batch, 1, width]
    const tells = [...this.tells];
    const weights = [...this.looks].map((look, hop) => {
      const found = look.forward(asked, memory, { values: tells[hop]!.forward(memory), returnWeights: true });
      asked = asked.add(found.output);
      return found.weights!.squeeze(1);
    });
    return { logits: this.output.forward(asked.squeeze(1)), weights };
  }
}

/** All words of all facts in one bag, those of the question in another, and a layer that puts them together. */
export class BagReader extends Module<[facts: Tensor, question: Tensor], Answer> {
  readonly facts: EmbeddingBag;
  readonly questions: EmbeddingBag;
  readonly hidden: Linear;
  readonly output: Linear;

  constructor(words: number, width: number) {
    super();
    this.facts = new EmbeddingBag(words, width, { mode: 'sum', paddingIndex: 0 });
    this.questions = new EmbeddingBag(words, width, { mode: 'sum', paddingIndex: 0 });
    this.hidden = new Linear(2 * width, 2 * width);
    this.output = new Linear(2 * width, words);
  }

  forward(facts: Tensor, question: Tensor): Answer {
    const [batch, count, words] = facts.shape as readonly [number, number, number];
    const all = this.facts.forward(facts.reshape([batch, count * words]));
    const hidden = this.hidden.forward(concat([all, this.questions.forward(question)], 1)).relu();
    return { logits: this.output.forward(hidden), weights: [] };
  }
}
