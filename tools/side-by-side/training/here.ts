// The side of this library: trains by a plan.

import { BERT, GPT, Transformer } from '@dl/attention';
import { carried, crossEntropy, noGrad, scope, type Tensor, tensor } from '@dl/autograd';
import { padSequences } from '@dl/data';
import { inMode, type Module } from '@dl/layers';
import { generate } from '@dl/lm';
import { type RecurrentCellName, RecurrentModel } from '@dl/lm/neural';
import { Adam, clipGradNorm, NoamLR } from '@dl/optim';
import type { States } from '@dl/rnn';
import { SentenceEncoder } from '../../../examples/sentiment/src/models.js';
import { recurrent, type Translator } from '../../../examples/translation/src/models.js';
import { AT_ONCE, END, type Example, NOTHING, type Outcome, type Plan } from './plan.js';

/** Positions that a table of them has. */
const LONGEST = 64;

/** A model, and how it is taught and asked. */
export interface Pupil {
  readonly model: Module;
  loss(examples: readonly Example[], labelSmoothing: number): Tensor;
  /** All texts begin anew. */
  begin?(): void;
  answers(examples: readonly Example[]): Promise<number[][]>;
}

const padded = (rows: readonly (readonly number[])[]): Tensor => tensor(padSequences(rows).values);
const lengthsOf = (rows: readonly (readonly number[])[]): number[] => rows.map(({ length }) => length);

export function makePupil({ kind, model: sizes }: Plan): Pupil {
  if (kind === 'rnn' || kind === 'lstm' || kind === 'gru') return recurrentModel(kind, sizes);
  if (kind === 'gpt') return gptModel(sizes);
  if (kind === 'translate') return translator(transformer(sizes));
  if (kind === 'attend') return translator(recurrent(sizes)(sizes.sources, sizes.targets));
  return kind === 'classify' ? classifier(sizes) : reader(sizes);
}

function transformer({ sources, targets, heads, layers, ...rest }: Plan['model']): Transformer {
  return new Transformer({
    ...{ sourceVocabulary: sources, targetVocabulary: targets, nhead: heads, ...rest },
    ...{ numEncoderLayers: layers, numDecoderLayers: layers },
  });
}

function translator(model: Translator): Pupil {
  return {
    model,
    loss(examples, labelSmoothing) {
      const [source, target] = [examples.map((each) => each.source), examples.map((each) => each.target)];
      const lengths = { sourceLengths: lengthsOf(source), targetLengths: lengthsOf(target) };
      return model.loss(padded(source), padded(target), { ...lengths, labelSmoothing });
    },
    async answers(examples) {
      const source = examples.map((each) => each.source);
      const lengths = lengthsOf(source);
      const tokens = padded(source);
      const limits = { end: END, maxLength: Math.max(...lengths) + 20 };
      const said = await generate(model.from(tokens, { lengths }), limits);
      tokens.dispose();
      return said.map((each) => [...each.tokens]);
    },
  };
}

function classifier({ sources, targets, ...sizes }: Plan['model']): Pupil {
  const model = new SentenceEncoder(sources, targets, sizes);
  const logits = (examples: readonly Example[]): Tensor => {
    const rows = examples.map(({ source }) => source);
    return model.forward(padded(rows), { lengths: lengthsOf(rows) });
  };
  return {
    model,
    loss(examples, labelSmoothing) {
      const classes = tensor(Int32Array.from(examples, ({ target }) => target[0]!));
      return crossEntropy(logits(examples), classes, { labelSmoothing });
    },
    async answers(examples) {
      return scope(() =>
        inMode(model, 'eval', () => noGrad(() => Array.from(logits(examples).argmax(1).dataSync(), (each) => [each]))),
      );
    },
  };
}

function reader({ sources, dModel, heads, layers, dimFeedforward, dropout }: Plan['model']): Pupil {
  const model = new BERT({
    ...{ vocabularySize: sources, dModel, nhead: heads, numLayers: layers, dimFeedforward, dropout },
    ...{ maxLength: LONGEST, segments: 0, pooler: false },
  });
  return {
    model,
    loss(examples) {
      const rows = examples.map(({ source }) => source);
      const target = padSequences(
        examples.map((each) => each.target),
        { value: NOTHING },
      ).values.data;
      const places = Array.from(target.keys()).filter((i) => target[i] !== NOTHING);
      const masked = {
        tokens: padded(rows),
        places: tensor(Int32Array.from(places)),
        labels: tensor(Int32Array.from(places, (i) => target[i]!)),
      };
      return model.loss(masked, { lengths: lengthsOf(rows) });
    },
    async answers() {
      return [];
    },
  };
}

/** The mean of -log p of what follows each token, by logits [batch, time, tokens]. */
function lossOfNext(logits: Tensor, examples: readonly Example[], labelSmoothing: number): Tensor {
  const target = padded(examples.map((each) => each.target));
  return crossEntropy(logits.reshape([-1, logits.shape[2]!]), target.reshape([-1]), { labelSmoothing });
}

/** A recurrent network that goes on where it ended. */
function recurrentModel(cell: RecurrentCellName, { sources, dModel, layers }: Plan['model']): Pupil {
  const model = new RecurrentModel({ vocabularySize: sources, cell, hiddenSize: dModel, numLayers: layers });
  const state = carried<States | undefined>(undefined);
  return {
    model,
    begin: () => state.set(undefined),
    loss(examples, labelSmoothing) {
      const former = state.get();
      const tokens = padded(examples.map(({ source }) => source));
      const { output, state: next } = model.forward(tokens, former ? { state: former } : {});
      state.set(next);
      return lossOfNext(output, examples, labelSmoothing);
    },
    async answers() {
      return [];
    },
  };
}

function gptModel({ sources, dModel, heads, layers, dimFeedforward, dropout }: Plan['model']): Pupil {
  const model = new GPT({
    ...{ vocabularySize: sources, dModel, nhead: heads, numLayers: layers, dimFeedforward, dropout },
    maxLength: LONGEST,
  });
  return {
    model,
    loss(examples, labelSmoothing) {
      return lossOfNext(model.forward(padded(examples.map(({ source }) => source))), examples, labelSmoothing);
    },
    async answers() {
      return [];
    },
  };
}

/** Trains, and gives the losses of all steps and what comes of the tests. */
export async function trainHere(pupil: Pupil, plan: Plan): Promise<Outcome> {
  const { model, training, examples, batches, tests } = plan;
  const begun = performance.now();
  const parameters = pupil.model.parameters();
  const optimizer = new Adam(parameters, { betas: [0.9, 0.98], eps: 1e-9 });
  const { warmupSteps, factor, labelSmoothing } = training;
  const schedule = new NoamLR(optimizer, { dModel: model.dModel, warmupSteps, factor });
  const losses = batches.map((batch, step) =>
    scope(() => {
      if (step % (plan.pieces ?? Infinity) === 0) pupil.begin?.();
      const loss = pupil.loss(
        batch.map((i) => examples[i]!),
        labelSmoothing,
      );
      loss.backward();
      clipGradNorm(parameters, 1);
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
      return loss.item();
    }),
  );
  optimizer.dispose();
  const answers: number[][] = [];
  let [sum, count] = [0, 0];
  pupil.begin?.();
  for (let from = 0; from < tests.length; from += AT_ONCE) {
    const some = tests.slice(from, from + AT_ONCE);
    const said = some.flatMap(({ target }) => target.filter((token) => token !== NOTHING)).length;
    sum += said * scope(() => inMode(pupil.model, 'eval', () => noGrad(() => pupil.loss(some, 0).item())));
    count += said;
    answers.push(...(await pupil.answers(some)));
  }
  return { losses, testLoss: sum / count, answers, seconds: (performance.now() - begun) / 1000 };
}
