// A character RNN: an LSTM reads a text letter by letter, and then writes one.
//
// The text is cut into parallel streams, of which the network reads a piece at a time. Its state goes on from piece to piece, and gradients stop in between: truncated backpropagation through
// time (Williams & Peng, 1990). Afterwards a letter is drawn, which is what it reads next, and so on.

import { parseArgs } from 'node:util';
import { crossEntropy, Generator, manualSeed, scope, tensor, useBackend } from '@dl/autograd';
import { bpttLoader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { LanguageModel, type Tokenizer, trainCharacters, trainNgram } from '@dl/lm';
import { type RecurrentCellName, RecurrentModel } from '@dl/lm/neural';
import { saveModel } from '@dl/lm/node';
import { AdamW, CosineAnnealingLR, clipGradNorm } from '@dl/optim';
import { documentation, textOf } from './text.js';

export interface Settings {
  readonly cell: RecurrentCellName;
  readonly hidden: number;
  readonly layers: number;
  readonly dropout: number;
  /** How many parts of the text are read side by side. */
  readonly streams: number;
  /** How many letters of each at a time. */
  readonly steps: number;
  readonly epochs: number;
  readonly lr: number;
}

export const small: Settings = {
  ...{ cell: 'lstm', hidden: 96, layers: 1, dropout: 0 },
  ...{ streams: 16, steps: 32, epochs: 4, lr: 0.01 },
};
const long: Settings = {
  ...{ cell: 'lstm', hidden: 256, layers: 2, dropout: 0.2 },
  ...{ streams: 32, steps: 64, epochs: 20, lr: 0.003 },
};

/** A network that has learned from a text. */
async function learn(
  text: string,
  tokenizer: Tokenizer,
  { cell, hidden, layers, dropout, streams, steps, epochs, lr }: Settings,
  print: (line: string) => void,
): Promise<LanguageModel<RecurrentModel>> {
  const { vocabularySize } = tokenizer;
  const model = new RecurrentModel({
    vocabularySize,
    cell,
    hiddenSize: hidden,
    numLayers: layers,
    tied: true,
    dropout,
  });
  const tokens = tokenizer.encode(text);
  const loader = bpttLoader({ data: tokens, shape: [tokens.length] }, { streams, steps });
  const stream = model.stream(streams);
  const optimizer = new AdamW(model.parameters(), { lr, weightDecay: 0.01 });
  const count = Math.ceil(Math.floor((tokens.length - 1) / streams) / steps);
  const schedule = new CosineAnnealingLR(optimizer, { tMax: count * epochs, etaMin: lr / 10 });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let sum = 0;
    for await (const { inputs, targets, starts } of loader) {
      using _ = scope();
      const logits = stream.forward(tensor(inputs), tensor(starts)); // [streams, steps, vocabularySize]
      const loss = crossEntropy(logits.reshape([-1, vocabularySize]), tensor(targets).reshape([-1]));
      loss.backward();
      clipGradNorm(model.parameters(), 1);
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
      sum += loss.item();
    }
    print(`  pass ${epoch} over the text: ${(sum / count / Math.LN2).toFixed(2)} bits for a character`);
  }
  optimizer.dispose();
  return new LanguageModel(model, tokenizer);
}

/** Learns nine tenths of a text; prints what it needs for the last tenth, beside n-grams, and what it writes; returns the figures. */
export async function run(text: string, settings: Settings, print: (line: string) => void = console.log) {
  manualSeed(1);
  const border = Math.floor(0.9 * text.length);
  const [training, test] = [text.slice(0, border), text.slice(border)];
  const tokenizer = trainCharacters(training, { unk: '<unk>' });
  print(
    `${training.length} characters to learn from, of ${tokenizer.vocabularySize} kinds; ${test.length} held back\n`,
  );
  const begun = performance.now();
  const model = await learn(training, tokenizer, settings, print);
  const seconds = (performance.now() - begun) / 1000;

  const { bitsPerCharacter: bits } = await model.perplexity(test);
  const counted: number[] = [];
  for (const order of [1, 2, 3, 4, 5]) {
    counted.push((await trainNgram(training, { order, tokenizer }).perplexity(test)).bitsPerCharacter);
  }
  print(
    `\n  for a character that was held back: bits\n  ${settings.cell.toUpperCase()}, ${seconds.toFixed(0)} s of training: ${bits.toFixed(2)}`,
  );
  counted.forEach((each, i) => void print(`  n-grams of order ${i + 1}: ${each.toFixed(2)}`));
  const { text: written } = await model.generate({
    ...{ prompt: 'The ', maxLength: 300, temperature: 0.7, generator: new Generator(2) },
  });
  print(`\nIt writes:\n\nThe ${written}`);
  return { model, bits, counted, written };
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { text: { type: 'string' }, long: { type: 'boolean' }, save: { type: 'string' } },
  });
  await useBackend(cpu());
  const text = values.text === undefined ? documentation() : textOf(values.text);
  const { model } = await run(text, values.long ? long : small);
  if (values.save !== undefined) await saveModel(values.save, model);
}
