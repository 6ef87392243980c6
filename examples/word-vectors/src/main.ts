// Word vectors: words are learned by what stands beside them, and then france is to paris as italy is to rome (Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality", 2013).
//
// With --text FILE it learns from a text of yours.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { AnalogyReport, WordVectors } from '@dl/lm';
import { trainGloVe, trainWordVectors } from '@dl/lm/neural';
import { saveWordVectors } from '@dl/lm/node';
import { map, neighbours, page } from './page.js';
import { drawText, questions } from './text.js';

/** What a training made of it, by both ways to compute analogies. */
export interface Trained {
  readonly name: string;
  readonly vectors: WordVectors;
  readonly add: AnalogyReport;
  readonly multiply: AnalogyReport;
  readonly seconds: number;
}

/** Trains three models on the generated text, prints how many analogies they know, and returns it. */
export async function run(print: (line: string) => void = console.log): Promise<Trained[]> {
  const texts = drawText(9000, 1);
  const common = { size: 40, window: 5, minCount: 1, split: 'whitespace' } as const;
  const word2vec = { ...common, subsample: 0, epochs: 10 };
  const trainings = {
    'skip-gram': () => trainWordVectors(texts, word2vec),
    'bag of words': () => trainWordVectors(texts, { ...word2vec, model: 'cbow' }),
    GloVe: () => trainGloVe(texts, { ...common, epochs: 60, batch: 64, lr: 0.1 }),
  };
  const all: Trained[] = [];
  print(
    `${'analogies that are right'.padEnd(34)}${'sum'.padStart(8)}${'product'.padStart(10)}${'seconds'.padStart(10)}`,
  );
  for (const [name, train] of Object.entries(trainings)) {
    const begun = performance.now();
    const vectors = await train();
    const seconds = (performance.now() - begun) / 1000;
    const [add, multiply] = [
      await vectors.evaluateAnalogies(questions()),
      await vectors.evaluateAnalogies(questions(), { method: 'multiply' }),
    ];
    all.push({ name, vectors, add, multiply, seconds });
    print(
      `${name.padEnd(34)}${percent(add).padStart(8)}${percent(multiply).padStart(10)}${seconds.toFixed(1).padStart(10)}`,
    );
    for (const [i, section] of add.sections.entries()) {
      print(
        `  ${section.name.padEnd(32)}${percent(section).padStart(8)}${percent(multiply.sections[i]!).padStart(10)}`,
      );
    }
  }
  const [{ vectors }] = all as [Trained];
  print('');
  for (const [a, b, c] of [
    ['france', 'paris', 'italy'],
    ['man', 'king', 'woman'],
    ['tall', 'tallest', 'cold'],
  ] as const) {
    print(`${a} : ${b} = ${c} : ${vectors.analogy(a, b, c, { count: 1 })[0]!.word}`);
  }
  print('');
  for (const word of ['king', 'paris', 'taller']) print(`${word}: ${neighbours(vectors, word)}`);
  return all;
}

const percent = ({ accuracy }: { readonly accuracy: number }): string => `${(100 * accuracy).toFixed(1)} %`;

/** The page of what {@link run} gave. */
export const pageOf = (all: readonly Trained[]): string =>
  page(
    all[0]!.vectors,
    all.map(({ name, add, multiply }) => [name, percent(add), percent(multiply)]),
  );

/** Learns from a file, says which words stand beside one another, and saves the vectors beside it. */
async function learn(
  file: string,
  options: { epochs: number; model: string; words: string; questions?: string },
): Promise<void> {
  const text = readFileSync(file, 'utf8');
  const epochs = options.epochs;
  const training =
    options.model === 'glove'
      ? trainGloVe(text, { epochs, lowerCase: true, xMax: 10 })
      : trainWordVectors(text, { epochs, lowerCase: true, model: options.model === 'cbow' ? 'cbow' : 'skipGram' });
  let vectors: WordVectors | undefined;
  for await (const event of training) {
    if (event.type === 'end') vectors = event.vectors;
    else if (event.type === 'epoch') console.log(`epoch ${event.epoch}: loss ${event.loss.toFixed(3)}`);
  }
  const known = vectors!;
  console.log(`${known.words.length} words\n`);
  for (const word of options.words.split(',')) {
    console.log(known.has(word) ? `${word}: ${neighbours(known, word, 6)}` : `${word}: not in the text often enough`);
  }
  if (options.questions !== undefined) {
    const {
      accuracy,
      questions: asked,
      unknown,
    } = await known.evaluateAnalogies(readFileSync(options.questions, 'utf8'), {
      ignoreCase: true,
    });
    console.log(`\n${(100 * accuracy).toFixed(1)} % of ${asked} analogies are right; ${unknown} have unknown words`);
  }
  await saveWordVectors(`${file}.bin`, known);
  const some = known.words.filter((word) => /^\p{Letter}+$/u.test(word)).slice(0, 120);
  writeFileSync(`${file}.svg`, map(known, some, 'The most frequent words'));
  console.log(`\nsaved ${file}.bin, and a picture as ${file}.svg`);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      text: { type: 'string' },
      model: { type: 'string', default: 'skipGram' },
      epochs: { type: 'string', default: '10' },
      words: { type: 'string', default: 'king,queen,father,night,love,sword,he,she,come,three' },
      questions: { type: 'string' },
      out: { type: 'string', default: 'runs' },
    },
  });
  await useBackend(cpu());
  const { text, epochs, model, words, out } = values;
  if (text !== undefined) {
    const asked = values.questions === undefined ? {} : { questions: values.questions };
    await learn(text, { epochs: Number(epochs), model, words, ...asked });
  } else {
    const all = await run();
    mkdirSync(out, { recursive: true });
    const path = join(out, 'word-vectors.html');
    writeFileSync(path, pageOf(all));
    console.log(`\nopen ${path}`);
  }
}
