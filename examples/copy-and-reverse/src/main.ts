// A transformer of two layers learns to copy and to reverse what it reads, and shows where it looks while it does.
//
// Neither can be done by a rule about neighbours: the letter that is to be said may stand anywhere, at a place that depends on how far one has come, on the length of the
// whole, and on the first word. Attention makes any place one step away (Vaswani et al., "Attention is all you need", 2017). Where the decoder looks in what was
// read is drawn: one diagonal for copying, and the other one for reversing.

import { mkdirSync, writeFileSync } from 'node:fs';
import { type AttentionMap, attentionMaps, type HeadWeights, Transformer } from '@dl/attention';
import { Generator, manualSeed, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { generate } from '@dl/lm';
import { Adam, WarmupLR } from '@dl/optim';
import { attentionGrid, attentionMap } from '@dl/viz';
import { answerTo, batchOf, drawExample, type Example, tasks, textOf, VOCABULARY, wordsOf } from './sequences.js';

const [STEPS, BATCH] = [500, 64];

/** Trains on examples that are drawn anew for each step, but for those with a text that is held back. */
function train(held: ReadonlySet<string>, log: (line: string) => void): Transformer {
  const model = new Transformer({
    ...{ sourceVocabulary: VOCABULARY, dModel: 48, nhead: 4, numEncoderLayers: 2, numDecoderLayers: 2 },
    ...{ dimFeedforward: 96, normFirst: true, dropout: 0 },
  });
  const optimizer = new Adam(model.parameters(), { lr: 0.004, betas: [0.9, 0.98] });
  const schedule = new WarmupLR(optimizer, { steps: 40, decay: 'linear', totalSteps: STEPS });
  const draw = new Generator(2);
  for (let step = 1; step <= STEPS; step++) {
    // Frees all tensors of this step at its end; parameters and what the optimiser remembers stay.
    const loss = scope(() => {
      const examples: Example[] = [];
      while (examples.length < BATCH) {
        const example = drawExample(draw);
        if (!held.has(example.text)) examples.push(example);
      }
      const { source, target, ...lengths } = batchOf(examples);
      // Each letter is learned from the true ones before it, all at once.
      const loss = model.loss(source, target, lengths);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
      return loss.item();
    });
    if (step % 100 === 0) log(`  step ${String(step).padStart(4)}   loss ${loss.toFixed(4)}`);
  }
  optimizer.dispose();
  return model;
}

/** What the model says to each, letter by letter. */
async function answers(model: Transformer, examples: readonly Example[]): Promise<string[]> {
  const { source, target, sourceLengths } = batchOf(examples);
  const said = await generate(model.from(source, { lengths: sourceLengths }), { end: 0, maxLength: 12 });
  for (const each of [source, target]) each.dispose();
  return said.map(({ tokens }) => textOf(tokens));
}

/** The weights by which the decoder looks at what it has read, layer by layer. */
async function looksAt(model: Transformer, example: Example): Promise<AttentionMap[]> {
  const { source, target } = batchOf([example]);
  const maps = await attentionMaps(model, () => model.forward(source, model.shifted(target)));
  for (const each of [source, target]) each.dispose();
  return maps.filter(({ module }) => module.endsWith('multihead_attn'));
}

/** How much of its look a head has on the letter that is to be said, as the mean over all letters. */
function shareOnLetter(head: HeadWeights, { task, text }: Example): number {
  const n = text.length;
  const shares = Array.from(text, (_, t) => head[t]![1 + (task === 'copy' ? t : n - 1 - t)]!);
  return shares.reduce((sum, share) => sum + share) / n;
}

/** Trains, asks for all that was held back, and draws where it looks; returns the figures. */
export async function run(seed: number, log: (line: string) => void) {
  manualSeed(seed);
  const random = new Generator(1);
  const test = Array.from({ length: 500 }, () => drawExample(random));
  const begun = performance.now();
  const model = train(new Set(test.map(({ text }) => text)), log);
  const seconds = (performance.now() - begun) / 1000;
  const said = await answers(model, test);
  const isRight = test.map((example, i) => said[i] === answerTo(example));
  const exact = isRight.filter(Boolean).length / test.length;
  log(
    `\n${(100 * exact).toFixed(1)} % of ${test.length} that were held back are exact, after ${seconds.toFixed(0)} s\n`,
  );
  for (const [i, example] of test.slice(0, 4).entries()) {
    log(`  ${wordsOf(example).join(' ').padEnd(26)}${said[i]}`);
  }
  const pictures: Record<string, string> = {};
  const shares: Record<string, number> = {};
  for (const task of tasks) {
    const example = { task, text: 'baggage' };
    const maps = await looksAt(model, example);
    const heads = maps.flatMap(({ weights }) => weights[0]!);
    const best = heads.reduce((a, b) => (shareOnLetter(b, example) > shareOnLetter(a, example) ? b : a));
    shares[task] = shareOnLetter(best, example);
    const labels = { rows: [...answerTo(example), 'end'], columns: wordsOf(example) };
    pictures[`${task}.svg`] = attentionMap(best, { ...labels, title: `What it looks at to ${task}` });
    pictures[`${task}-heads.svg`] = attentionGrid(
      maps.map(({ weights }) => weights[0]!),
      { title: `All heads: ${task}` },
    );
  }
  model.dispose();
  return { exact, shares, pictures };
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const { pictures } = await run(1, console.log);
  mkdirSync('runs', { recursive: true });
  for (const [name, svg] of Object.entries(pictures)) writeFileSync(`runs/${name}`, svg);
  console.log(
    '\n  Where it looks: runs/copy.svg and runs/reverse.svg; all heads: runs/copy-heads.svg and runs/reverse-heads.svg',
  );
}
