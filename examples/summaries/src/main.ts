// Summaries of records with names that nobody has heard of: a pointer-generator (See, Liu & Manning, 2017) copies them from the record, which a network that says
// words of its vocabulary alone cannot.
//
// Records, names and summaries are generated (records.ts). No name of those that are summed up at the end came in training.

import { mkdirSync, writeFileSync } from 'node:fs';
import type { PointerGenerator } from '@dl/attention';
import { Generator, manualSeed, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { padSequences } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { inMode } from '@dl/layers';
import { beamSearch } from '@dl/lm';
import { Adam, CosineAnnealingLR, clipGradNorm } from '@dl/optim';
import { attentionMap } from '@dl/viz';
import { type Sizes, type Summarizer, withCopying, withoutCopying } from './models.js';
import { drawRecords, type RecordPair } from './records.js';
import { type Source, UNKNOWN, Vocabulary } from './words.js';

export interface Settings extends Sizes {
  /** How many entries a record has at most. */
  readonly entries: number;
  readonly records: number;
  readonly asked: number;
  readonly steps: number;
  /** How many steps more, with coverage; 0: without. */
  readonly coverageSteps: number;
}

export const small: Settings = {
  ...{ entries: 1, records: 2000, asked: 200, features: 32, hidden: 48 },
  ...{ steps: 300, coverageSteps: 0 },
};
/** Of several entries, of which none is to be told twice, or not at all. */
export const large: Settings = {
  ...{ entries: 4, records: 10_000, asked: 400, features: 48, hidden: 96 },
  ...{ steps: 1500, coverageSteps: 300 },
};

const BATCH = 32;

interface Example {
  readonly pair: RecordPair;
  readonly source: Source;
  readonly target: readonly number[];
}

const examplesOf = (pairs: readonly RecordPair[], vocabulary: Vocabulary): Example[] =>
  pairs.map((pair) => {
    const source = vocabulary.source(pair.source);
    return { pair, source, target: vocabulary.target(pair.summary, source) };
  });

const padded = (rows: readonly (readonly number[])[]): Tensor => tensor(padSequences(rows).values);
const lengthsOf = (rows: readonly (readonly number[])[]): number[] => rows.map(({ length }) => length);

interface Course {
  readonly steps: number;
  readonly lr: number;
  readonly coverageWeight: number;
}

function learn(by: Summarizer, examples: readonly Example[], { steps, lr, coverageWeight }: Course): void {
  const optimizer = new Adam(by.model.parameters(), { lr });
  const schedule = new CosineAnnealingLR(optimizer, { tMax: steps });
  const draw = new Generator(2);
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const some = Array.from({ length: BATCH }, () => examples[draw.integer(0, examples.length)]!);
      const [sources, targets] = [some.map(({ source }) => source.tokens), some.map(({ target }) => target)];
      const lengths = { sourceLengths: lengthsOf(sources), targetLengths: lengthsOf(targets) };
      by.loss(padded(sources), padded(targets), lengths, coverageWeight).backward();
      clipGradNorm(by.model.parameters(), 2);
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
    });
  }
  optimizer.dispose();
}

/** Summaries of records, by beams. */
async function summarize(by: Summarizer, examples: readonly Example[], vocabulary: Vocabulary): Promise<string[]> {
  const all: string[] = [];
  for (let at = 0; at < examples.length; at += 100) {
    const some = examples.slice(at, at + 100);
    const rows = some.map(({ source }) => source.tokens);
    const [source, lengths] = [padded(rows), lengthsOf(rows)];
    const extendedSize = vocabulary.size + Math.max(...some.map((each) => each.source.own.length));
    const said = await beamSearch(by.from(source, { lengths, extendedSize }), {
      ...{ beams: 4, lengthPenalty: 1, end: 0 },
      maxLength: 20 + Math.max(...lengths),
    });
    source.dispose();
    all.push(...said.map(([best], i) => vocabulary.text(best!.tokens, some[i]!.source)));
  }
  return all;
}

export interface Figures {
  /** The share of summaries that are right to the last word. */
  readonly exact: number;
  /** Of the words of names, and of all others, the share that is right where it stands. */
  readonly names: number;
  readonly others: number;
}

export function figuresOf(said: readonly string[], pairs: readonly RecordPair[]): Figures {
  const words = pairs.flatMap(({ summary, names }, i) => {
    const spoken = said[i]!.split(' ');
    return summary.split(' ').map((word, t) => ({ isName: names.includes(word), isRight: spoken[t] === word }));
  });
  const share = (some: readonly boolean[]): number => some.filter(Boolean).length / some.length;
  const of = (isName: boolean): boolean[] =>
    words.filter((word) => word.isName === isName).map(({ isRight }) => isRight);
  return {
    exact: share(pairs.map(({ summary }, i) => said[i] === summary)),
    names: share(of(true)),
    others: share(of(false)),
  };
}

/** A word that was said: whether it was generated, by p_gen, and the word of the source that it looked at most. */
export interface Spoken {
  readonly word: string;
  readonly pGen: number;
  readonly lookedAt: string;
  /** How much it looked at each word of the source. */
  readonly weights: readonly number[];
}

/** How each word of a summary was said. */
function explain(model: PointerGenerator, { pair, source }: Example, said: string, vocabulary: Vocabulary): Spoken[] {
  return scope(() =>
    noGrad(() =>
      inMode(model, 'eval', () => {
        const extendedSize = vocabulary.size + source.own.length;
        const [from, target] = [padded([source.tokens]), padded([vocabulary.target(said, source)])];
        const { pGen, weights } = model.forward(from, target, { extendedSize, returnWeights: true });
        const [gen] = pGen.toArray() as number[][];
        const [rows] = weights!.toArray() as number[][][];
        const words = pair.source.split(' ');
        return said.split(' ').map((word, t) => {
          const row = rows![t]!;
          return { word, pGen: gen![t]!, lookedAt: words[row.indexOf(Math.max(...row))]!, weights: row };
        });
      }),
    ),
  );
}

/** Trains, prints what comes of it, and returns the figures. */
export async function run(settings: Settings, print: (line: string) => void = console.log) {
  manualSeed(1);
  const { entries, steps, coverageSteps } = settings;
  const draw = new Generator(1);
  const learned = drawRecords(settings.records, entries, draw);
  const heard = new Set(learned.flatMap(({ names }) => names));
  const asked = drawRecords(settings.asked, entries, draw, heard);
  const vocabulary = new Vocabulary(
    learned.flatMap(({ source, summary }) => [source, summary]),
    settings.records / 100,
  );
  const [examples, test] = [examplesOf(learned, vocabulary), examplesOf(asked, vocabulary)];
  print(
    `Generated: ${learned.length} records to learn from, ${asked.length} to be summed up, whose names are all new; ${vocabulary.size} words\n`,
  );
  print('                                           exact    names   other words');
  const begun = performance.now();
  const show = async (what: string, by: Summarizer): Promise<{ said: string[]; figures: Figures }> => {
    const said = await summarize(by, test, vocabulary);
    const figures = figuresOf(said, asked);
    const [exact, names, others] = [figures.exact, figures.names, figures.others].map(
      (each) => `${(100 * each).toFixed(1)} %`,
    );
    print(`  ${what.padEnd(36)}${exact!.padStart(10)}${names!.padStart(9)}${others!.padStart(14)}`);
    return { said, figures };
  };

  const plain = withoutCopying(vocabulary.size, UNKNOWN, settings);
  learn(plain, examples, { steps, lr: 0.01, coverageWeight: 0 });
  const without = await show('attention, without copying', plain);
  const copying = withCopying(vocabulary.size, UNKNOWN, settings, 'additive');
  learn(copying, examples, { steps, lr: 0.01, coverageWeight: 0 });
  const copied = await show('pointer-generator', copying);
  let covered: Figures | undefined;
  if (coverageSteps > 0) {
    // As in the paper: first without, and then a little with coverage.
    const covering = withCopying(vocabulary.size, UNKNOWN, settings, 'coverage');
    learn(covering, examples, { steps, lr: 0.01, coverageWeight: 0 });
    learn(covering, examples, { steps: coverageSteps, lr: 0.002, coverageWeight: 1 });
    covered = (await show('pointer-generator with coverage', covering)).figures;
    covering.model.dispose();
  }
  print(`\n  after ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);

  const [example] = test as [Example];
  print(`  the record            ${example.pair.source}`);
  print(`  without copying       ${without.said[0]}`);
  print(`  pointer-generator     ${copied.said[0]}\n`);
  const spoken = explain(copying.model, example, copied.said[0]!, vocabulary);
  print('  word            p_gen   looked most at');
  for (const { word, pGen, lookedAt } of spoken) {
    print(
      `  ${word.padEnd(14)}${pGen.toFixed(2).padStart(7)}   ${pGen < 0.5 ? `${lookedAt}, and copied it` : lookedAt}`,
    );
  }
  const picture = attentionMap(
    spoken.map(({ weights }) => weights),
    { rows: spoken.map(({ word }) => word), columns: example.pair.source.split(' '), title: copied.said[0]! },
  );
  for (const { model } of [plain, copying]) model.dispose();
  return {
    without: without.figures,
    copied: copied.figures,
    covered,
    said: copied.said,
    asked,
    heard,
    spoken,
    picture,
  };
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const { picture } = await run(process.argv.includes('--long') ? large : small);
  mkdirSync('runs', { recursive: true });
  writeFileSync('runs/summaries.svg', picture);
  console.log('\n  As a picture: runs/summaries.svg');
}
