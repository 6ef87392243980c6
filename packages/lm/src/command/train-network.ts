// `npx @dl/lm train --model lstm` and the like: a network learns from the file, says how it does and what it writes, and can be stopped and gone on with.

import { basename } from 'node:path';
import { ArgumentError, Generator } from '@dl/autograd';
import type { LanguageModel } from '../language-model.js';
import type {
  NetworkEndEvent,
  NetworkEpochEvent,
  NetworkStartEvent,
  NetworkStepEvent,
} from '../neural/training/events.js';
import type { NetworkName } from '../neural/training/models.js';
import type { TrainNetworkOptions } from '../neural/training/settings.js';
import { readText, saveModel } from '../node.js';
import { PROGRAM } from './arguments.js';
import { clock, whole } from './numbers.js';
import { drawing, networks } from './optional.js';
import { writeReport } from './report.js';
import {
  type Drawn,
  isThere,
  loadTraining,
  removeTraining,
  type StoppedTraining,
  saveTraining,
  trainingFile,
} from './stopped-training.js';
import { quoted, saidSaved, type TrainSetup } from './train-setup.js';

/** @param name of the network; undefined where a training goes on, which knows it */
export async function trainNetworkOn(name: NetworkName | undefined, setup: TrainSetup): Promise<void> {
  const { given, file, out, progress, signal } = setup;
  const report = given.text('report');
  const stopped = trainingFile(out);
  const isResumed = given.has('resume');
  if (!isResumed && (await isThere(stopped))) {
    throw given.error(
      `${stopped} has a training that was stopped: add --resume to go on with it, or remove it to begin anew`,
    );
  }
  // What is not installed is said before any work is done.
  const { trainNetwork } = await networks();
  if (report !== undefined) await drawing();
  const former = isResumed ? await loadTraining(stopped) : undefined;
  const options = optionsOf(name, setup);
  const lines = former?.lines ?? setup.lines;
  const tokens = former === undefined ? { tokenizer: await setup.tokenizer() } : {};
  const text = await textOf(file, lines, setup);
  progress.show('finding tokens');
  const run = trainNetwork(text, { ...options, ...tokens, ...(former && { state: former.state }), signal });
  const telling = new Telling(setup, {
    name: name ?? former!.state.network.name ?? 'network',
    stopped,
    report,
    lines,
    former,
  });
  for await (const event of run) {
    if (event.type === 'start') telling.start(event);
    if (event.type === 'step') telling.step(event);
    if (event.type === 'epoch') await telling.evaluation(event);
    if (event.type === 'end') await telling.end(event);
  }
}

function optionsOf(name: NetworkName | undefined, { given, minCount }: TrainSetup): TrainNetworkOptions {
  if (given.has('resume')) {
    const odd = ['tokens', 'merges', 'min-count'].find((each) => given.has(each));
    if (odd !== undefined) throw given.error(`--${odd} is as it was where a training goes on; leave it out`);
  }
  const options = {
    model: name,
    minCount,
    hiddenSize: given.integer('hidden', 1),
    numLayers: given.integer('layers', 1),
    nhead: given.integer('heads', 1),
    dropout: given.number('dropout'),
    steps: given.integer('steps', 1),
    epochs: given.number('epochs'),
    minutes: given.number('minutes'),
    batch: given.integer('batch', 1),
    length: given.integer('length', 1),
    lr: given.number('lr'),
    heldOut: given.number('held-out'),
    seed: given.integer('seed', 0),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** The whole file, or its lines. */
async function textOf(file: string, lines: boolean, { progress, signal }: TrainSetup): Promise<string | string[]> {
  const texts: string[] = [];
  const onProgress = (share: number): void => progress.show(`reading ${basename(file)}`, share);
  for await (const text of readText(file, { lines, signal, onProgress })) texts.push(text);
  if (texts.length === 0) throw new ArgumentError(`'${file}' has no text; give a file with some`);
  return lines ? texts : texts.join('');
}

/** Tokens of a sample beside an evaluation, of how many characters are shown, and of the one at the end. */
const GLANCE = 64;
const SHOWN = 48;
const SAMPLE = 300;
const WARMTH = 0.8;

interface Beside {
  readonly name: string;
  readonly stopped: string;
  readonly report: string | undefined;
  readonly lines: boolean;
  readonly former: StoppedTraining | undefined;
}

/** Says how a training goes, and saves what comes of it. */
class Telling {
  readonly #setup: TrainSetup;
  readonly #beside: Beside;
  readonly #steps: number[];
  readonly #bits: number[];
  readonly #samples: { readonly step: number; readonly text: string }[];
  readonly #begun = performance.now();
  #first = 0;
  #about: Record<string, string> = {};
  #latest = '';
  #tokens = 0;
  #done = 0;

  constructor(setup: TrainSetup, beside: Beside) {
    this.#setup = setup;
    this.#beside = beside;
    const { steps = [], bits = [], samples = [] }: Partial<Drawn> = beside.former ?? {};
    [this.#steps, this.#bits, this.#samples] = [[...steps], [...bits], [...samples]];
  }

  start(event: NetworkStartEvent): void {
    this.#first = event.share;
    const { model, parameters, characters, heldOutCharacters, batch, length, totalSteps } = event;
    const { name } = this.#beside;
    const from = `${whole(characters)} characters of ${basename(this.#setup.file)}`;
    const held = heldOutCharacters === 0 ? 'none are held out' : `${whole(heldOutCharacters)} more are held out`;
    this.#about = {
      network: `${name}, ${whole(parameters)} weights`,
      text: `${from}; ${held}`,
      tokens: whole(model.tokenizer.vocabularySize),
      'a step': `${batch} pieces of ${length} tokens`,
      ...(totalSteps !== undefined && { steps: whole(totalSteps) }),
    };
    this.#write(`${name} of ${whole(parameters)} weights learns from ${from}, ${held}\n`);
    const { former } = this.#beside;
    if (former !== undefined) this.#write(`going on behind step ${whole(former.state.position.totalSteps)}\n`);
    this.#write(`\n${'step'.padStart(9)}${'bits a character'.padStart(20)}${'time'.padStart(9)}  what it writes\n`);
    this.#write(`${'learned'.padStart(19)}${'held out'.padStart(10)}\n`);
  }

  step({ bitsPerCharacter, totalSteps, share, tokensPerSecond }: NetworkStepEvent): void {
    if (bitsPerCharacter !== undefined) {
      this.#steps.push(totalSteps);
      this.#bits.push(bitsPerCharacter);
      this.#latest = `  ${bitsPerCharacter.toFixed(2)} bits`;
    }
    this.#done++;
    this.#tokens = tokensPerSecond;
    const seconds = (performance.now() - this.#begun) / 1000;
    const left = share > this.#first ? (seconds * (1 - share)) / (share - this.#first) : Number.NaN;
    const time = this.#done < 10 || Number.isNaN(left) ? '' : `  ${clock(left)} left`;
    this.#setup.progress.show(`step ${whole(totalSteps)}${this.#latest}${time}`, Math.min(share, 0.9999));
  }

  async evaluation(event: NetworkEpochEvent): Promise<void> {
    const { figures, model } = event;
    const { step, train, heldOut, seconds, isBest } = figures;
    // Short stretches end before the loss is read.
    if (this.#steps.at(-1) !== step) {
      this.#steps.push(step);
      this.#bits.push(train.bitsPerCharacter);
    }
    const text = await glance(model);
    this.#samples.push({ step, text });
    const bits = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3)).padStart(10);
    const figuresOf = `${bits(train.bitsPerCharacter)}${bits(heldOut?.bitsPerCharacter)}`;
    this.#write(`${whole(step).padStart(9)}${figuresOf}${clock(seconds).padStart(9)}  ${text}\n`);
    if (isBest) await saveModel(this.#setup.out, model);
    await this.#keep(event);
    await this.#report(event, '');
  }

  async end(event: NetworkEndEvent): Promise<void> {
    const { progress, out, file } = this.#setup;
    const { stopped, report } = this.#beside;
    const { history, model, reason } = event;
    const { text } = await model.generate({ maxLength: SAMPLE, temperature: WARMTH, generator: new Generator(1) });
    progress.clear();
    const best = history.filter(({ isBest }) => isBest).at(-1);
    if (best !== undefined) {
      const { bitsPerCharacter } = best.heldOut ?? best.train;
      const of = best.heldOut === undefined ? '' : ' of what is held out';
      this.#write(`\n${bitsPerCharacter.toFixed(3)} bits for a character${of}, at step ${whole(best.step)}\n`);
    }
    if (reason === 'aborted') await this.#keep(event);
    else {
      await saveModel(out, model);
      await removeTraining(stopped);
      this.#write(`${whole(Math.round(this.#tokens))} tokens a second\n\n${text.trimEnd()}\n\n`);
    }
    await this.#report(event, text);
    if (report !== undefined) this.#write(`saved ${report}\n`);
    if (reason !== 'aborted') await saidSaved(out);
    else this.#write(`saved ${stopped}; to go on: ${PROGRAM} train ${quoted(file)} --resume${this.#outAgain()}\n`);
  }

  #outAgain(): string {
    const { given, out } = this.#setup;
    return given.has('out') ? ` --out ${quoted(out)}` : '';
  }

  get #drawn(): Drawn {
    return { steps: this.#steps, bits: this.#bits, samples: this.#samples };
  }

  async #keep(event: NetworkEpochEvent | NetworkEndEvent): Promise<void> {
    const { stopped, lines } = this.#beside;
    await saveTraining(stopped, lines, await event.state(), this.#drawn);
  }

  async #report({ history }: NetworkEpochEvent | NetworkEndEvent, text: string): Promise<void> {
    const { report } = this.#beside;
    if (report === undefined) return;
    const title = `A language model of ${basename(this.#setup.file)}`;
    await writeReport(report, { title, about: this.#about, history, text, ...this.#drawn });
  }

  #write(text: string): void {
    this.#setup.progress.clear();
    process.stdout.write(text);
  }
}

/** A line of what a model writes; of texts that end, several. */
async function glance(model: LanguageModel): Promise<string> {
  const count = model.end === undefined ? 1 : 6;
  const generator = new Generator(1);
  const { samples } = await model.generate({ count, maxLength: GLANCE, temperature: WARMTH, generator });
  const line = samples
    .map(({ text }) => text.trim().replace(/\s*\n\s*/g, ' / '))
    .filter((text) => text !== '')
    .join(', ');
  return [...line].slice(0, SHOWN).join('');
}
