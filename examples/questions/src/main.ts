// Question answering: a question looks through facts for what it needs, finds something that it has to look for in turn, and it can be seen where it looks.
//
// Facts and questions are generated (facts.ts). Those that are asked at the end follow from combinations of words that came nowhere in training, so that
// nothing but finding them there is of help.

import { mkdirSync, writeFileSync } from 'node:fs';
import {
  argmax,
  crossEntropy,
  Generator,
  manualSeed,
  noGrad,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Adam, CosineAnnealingLR } from '@dl/optim';
import { attentionMap } from '@dl/viz';
import { drawStories, type Story, Words, type World } from './facts.js';
import { BagReader, FactReader, type Reader } from './models.js';

export interface Settings {
  readonly world: World;
  readonly stories: number;
  readonly asked: number;
  readonly width: number;
  readonly steps: number;
}

export const small: Settings = { world: { names: 8, told: 4 }, stories: 4000, asked: 400, width: 64, steps: 250 };
/** Twice as many names, and stories of 20 facts. */
export const large: Settings = {
  world: { names: 16, told: 10 },
  stories: 20_000,
  asked: 2000,
  width: 128,
  steps: 1500,
};

/** What a reader makes of stories: what it answers, and how much each hop looked at each fact. */
interface Reading {
  readonly answers: readonly string[];
  /** [hop][story][fact] */
  readonly looks: readonly (readonly (readonly number[])[])[];
}

function tensorsOf(stories: readonly Story[], words: Words) {
  const facts = tensor(
    stories.map((story) => story.facts.map((fact) => words.row(fact))),
    { dtype: 'int32' },
  ); // [stories, facts, words]
  const questions = tensor(
    stories.map(({ question }) => words.row(question)),
    { dtype: 'int32' },
  );
  return { facts, questions };
}

/** The mean of -log of how much a hop looked at the fact that it needs: the first one first, and the last one from then on. In training it is known. */
function missed(look: Tensor, stories: readonly Story[], hop: number): Tensor {
  const needed = Int32Array.from(stories, (story) => story.needed[Math.min(hop, story.needed.length - 1)]!);
  return look.gather(1, tensor(needed).unsqueeze(1)).clamp(1e-9, 1).log().mean().neg();
}

function learn(model: Reader, stories: readonly Story[], words: Words, steps: number): void {
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const schedule = new CosineAnnealingLR(optimizer, { tMax: steps });
  const draw = new Generator(2);
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const some = Array.from({ length: 64 }, () => stories[draw.integer(0, stories.length)]!);
      const { facts, questions } = tensorsOf(some, words);
      const answers = tensor(Int32Array.from(some, ({ answer }) => words.number(answer)));
      const { logits, weights } = model.forward(facts, questions);
      const losses = weights.map((look, hop) => missed(look, some, hop));
      losses.reduce((sum, loss) => sum.add(loss), crossEntropy(logits, answers)).backward();
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
    });
  }
  optimizer.dispose();
}

const read = (model: Reader, stories: readonly Story[], words: Words): Reading =>
  scope(() =>
    noGrad(() => {
      const { facts, questions } = tensorsOf(stories, words);
      const { logits, weights } = model.forward(facts, questions);
      return {
        answers: Array.from(argmax(logits, 1).dataSync(), (number) => words.all[number]!),
        looks: weights.map((each) => each.toArray() as number[][]),
      };
    }),
  );

/** The answer that questions with these first two words most often have. */
function mostFrequent(learned: readonly Story[], asked: readonly Story[]): string[] {
  const kindOf = ({ question }: Story): string => question.split(' ').slice(0, 2).join(' ');
  const counts = new Map<string, Map<string, number>>();
  for (const story of learned) {
    const of = counts.get(kindOf(story)) ?? new Map<string, number>();
    counts.set(kindOf(story), of.set(story.answer, (of.get(story.answer) ?? 0) + 1));
  }
  return asked.map((story) => [...counts.get(kindOf(story))!].sort(([, a], [, b]) => b - a)[0]![0]);
}

/** Of the questions that need so many facts, which part is right. */
function share(stories: readonly Story[], isRight: (story: Story, i: number) => boolean, facts: number): number {
  const those = stories.flatMap((story, i) => (story.needed.length === facts ? [isRight(story, i)] : []));
  return those.filter(Boolean).length / those.length;
}

export interface Figures {
  /** Of questions that one fact answers, and of those that need two. */
  readonly one: number;
  readonly two: number;
}

const largest = (row: readonly number[]): number => row.indexOf(Math.max(...row));

/** Where a model looked for the answer to a question, as a table: a line for each fact, a column for each hop. */
export function mapOf(story: Story, looks: readonly (readonly number[])[]): string[] {
  const cells = (each: readonly string[]): string => each.map((cell) => cell.padStart(8)).join('');
  return [
    `  ${story.question.padEnd(30)}${cells(looks.map((_, hop) => `look ${hop + 1}`))}`,
    ...story.facts.map(
      (fact, i) => `    ${fact.padEnd(28)}${cells(looks.map((row) => (row[i]! < 0.05 ? '·' : row[i]!.toFixed(2))))}`,
    ),
  ];
}

/** Trains, prints what comes of it, and returns the figures. */
export function run(settings: Settings, print: (line: string) => void = console.log) {
  const { world, width, steps } = settings;
  manualSeed(1);
  const draw = new Generator(1);
  const [learned, asked] = [
    drawStories(world, settings.stories, 'learn', draw),
    drawStories(world, settings.asked, 'ask', draw),
  ];
  const words = new Words(world);
  const [facts, count] = [learned[0]!.facts.length, words.all.length - 1];
  print(
    `Generated: ${learned.length} stories of ${facts} facts to learn from, ${asked.length} to be asked about; ${count} words\n`,
  );
  print(`  answers that are right, for combinations held back       one fact  two facts`);
  const figures = (what: string, answers: readonly string[]): Figures => {
    const [one, two] = [1, 2].map((needed) => share(asked, ({ answer }, i) => answers[i] === answer, needed));
    const cells = [one!, two!].map((each) => `${(100 * each).toFixed(1)} %`.padStart(11)).join('');
    print(`  ${what.padEnd(54)}${cells}`);
    return { one: one!, two: two! };
  };
  const frequent = figures('the most frequent answer', mostFrequent(learned, asked));
  const begun = performance.now();
  const bag = new BagReader(words.all.length, width);
  learn(bag, learned, words, steps);
  const counted = figures('a bag of words, without attention', read(bag, asked, words).answers);
  const model = new FactReader(words.all.length, width, 2);
  learn(model, learned, words, steps);
  const { answers, looks } = read(model, asked, words);
  const attended = figures('attention over the facts, two looks', answers);
  // A question that needs two facts has to find the first one before it can know which the other one is.
  const found = share(asked, ({ needed }, i) => needed.every((fact, hop) => largest(looks[hop]![i]!) === fact), 2);
  print(
    `\n  ${(100 * found).toFixed(1)} % of the questions that need two facts looked at the one, and then at the other`,
  );
  print(`  after ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);

  const shown = [2, 3].map((i) => ({ story: asked[i]!, looks: looks.map((hop) => hop[i]!), answer: answers[i]! }));
  for (const { story, looks, answer } of shown) {
    for (const line of mapOf(story, looks)) print(line);
    print(`  ${answer}${answer === story.answer ? '' : `, and it is ${story.answer}`}\n`);
  }
  const [{ story, looks: rows, answer }] = shown as [(typeof shown)[number]];
  const picture = attentionMap(rows, {
    rows: rows.map((_, hop) => `look ${hop + 1}`),
    columns: story.facts,
    title: `${story.question} ${answer}`,
  });
  for (const each of [bag, model]) each.dispose();
  return { frequent, counted, attended, found, picture, asked, learned };
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const { picture } = run(process.argv.includes('--long') ? large : small);
  mkdirSync('runs', { recursive: true });
  writeFileSync('runs/questions.svg', picture);
  console.log('  The first one as a picture: runs/questions.svg');
}
