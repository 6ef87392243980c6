// `npx @dl/lm sample`: text as a model has it, as it comes.

import { Generator } from '@dl/autograd';
import type { GenerateTextOptions } from '../decoding/generate-text.js';
import { Arguments } from './arguments.js';
import { commands } from './help.js';
import { modelOf } from './load.js';

export async function sampleCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { files, options } = commands.sample;
  const given = new Arguments('sample', args, files, options);
  const count = given.integer('count', 1) ?? 1;
  const seed = given.integer('seed', 0);
  const prompt = given.text('prompt') ?? '';
  const tau = given.number('mirostat');
  const knobs = withoutNothing({
    temperature: given.number('temperature') ?? 1,
    topK: given.number('top-k'),
    topP: given.number('top-p'),
    minP: given.number('min-p'),
    typical: given.number('typical'),
    eta: given.number('eta'),
    mirostat: tau === undefined ? undefined : { tau },
    repetitionPenalty: given.number('repetition-penalty'),
    frequencyPenalty: given.number('frequency-penalty'),
    presencePenalty: given.number('presence-penalty'),
    minLength: given.integer('min-length', 0),
    noRepeatNgram: given.number('no-repeat'),
    stop: given.text('stop'),
  });
  const maxLength = given.integer('length', 0) ?? 200;
  const model = await modelOf(given.files[0]!);
  const generator = new Generator(seed ?? Math.floor(Math.random() * 2 ** 32));
  // Texts of several lines have an empty one between them.
  const between = model.end === undefined ? '\n\n' : '\n';
  for (let i = 0; i < count && !signal.aborted; i++) {
    if (i > 0) process.stdout.write(between);
    if (given.has('explain')) {
      const explain = (die: string): void => void process.stdout.write(`${die}\n\n`);
      const { text } = await model.generate({ ...knobs, prompt, maxLength, generator, signal, explain });
      process.stdout.write(`${prompt}${text}`);
      continue;
    }
    process.stdout.write(prompt);
    for await (const event of model.generate({ ...knobs, prompt, maxLength, generator, signal })) {
      await written(event.text);
    }
  }
  process.stdout.write('\n');
}

/** Writes, and waits where the reader is slower. */
export async function written(text: string): Promise<void> {
  if (process.stdout.write(text)) return;
  const { stdout } = process;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      stdout.off('drain', goOn).off('error', goOn);
      resolve();
    };
    stdout.on('drain', goOn).on('error', goOn);
  });
}

/** An option that is undefined is none. */
function withoutNothing<T extends object>(options: T): Partial<GenerateTextOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
