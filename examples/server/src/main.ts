// A server that predicts while a model trains, in one process: 50 requests are under way at once, each with a scope of its own, and the
// losses of the training are what they would be without them.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { manualSeed, memory, noGrad, scope, tensor, useBackend } from '@dl/autograd';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Flatten, Linear, Sequential, Tanh } from '@dl/layers';
import { SGD } from '@dl/optim';
import { fit } from '@dl/train';

const PIXELS = 28 * 28;
const CLIENTS = 50;
const DIGITS = 200;

await useBackend(cpu());
manualSeed(1);

const network = () => new Sequential(new Flatten(), new Linear(PIXELS, 64), new Tanh(), new Linear(64, 10));
const learning = network();
// Requests are answered by a model of their own, which gets the weights after each epoch: never half of an update.
const serving = network().eval();

/** The probabilities of the ten digits. */
async function predict(pixels: Float32Array): Promise<ArrayLike<number>> {
  // The scope holds over both awaits, and for this request alone: what the training loop makes meanwhile is not freed by its end.
  return scope(() =>
    noGrad(async () => {
      const y = serving.forward(tensor({ data: pixels, shape: [1, PIXELS] }));
      await new Promise((resolve) => setImmediate(resolve)); // a look into a cache, say
      return y.softmax(1).data();
    }),
  );
}

const server = createServer(async (request, response) => {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (bytes.length !== PIXELS) throw new RangeError(`got ${bytes.length} bytes, needs ${PIXELS}, one for each pixel`);
    response.end(JSON.stringify(Array.from(await predict(Float32Array.from(bytes, (byte) => byte / 255)))));
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const digits = drawnDigits(DIGITS);
let isTraining = true;
let answered = 0;

/** Has a digit read; gives whether it was read right. */
async function ask(i: number): Promise<boolean> {
  const pixels = digits.images.data.subarray(i * PIXELS, (i + 1) * PIXELS);
  const response = await fetch(address, { method: 'POST', body: Uint8Array.from(pixels, (value) => value * 255) });
  if (!response.ok) throw new Error(await response.text());
  const probabilities = (await response.json()) as number[];
  answered++;
  return probabilities.indexOf(Math.max(...probabilities)) === digits.labels.data[i];
}

/** Asks for one digit after the other while the training lasts, then once more for its share; gives how many of these were right. */
async function client(number: number): Promise<number> {
  const share = Array.from({ length: DIGITS / CLIENTS }, (_, i) => number + i * CLIENTS);
  for (let i = number; isTraining; i = (i + CLIENTS) % DIGITS) await ask(i);
  let right = 0;
  for (const i of share) if (await ask(i)) right++;
  return right;
}

const before = memory().buffers;
const clients = Array.from({ length: CLIENTS }, (_, i) => client(i));
const optimizer = new SGD(learning.parameters(), { lr: 0.1, momentum: 0.9 });
const losses: number[] = [];
for await (const event of fit(learning, loader(digits, { batchSize: 20, shuffle: true }), { optimizer, epochs: 5 })) {
  if (event.type !== 'epoch') continue;
  losses.push(event.train.loss);
  serving.loadStateDict(learning.stateDict());
}
optimizer.dispose();
isTraining = false;
const right = (await Promise.all(clients)).reduce((sum, count) => sum + count, 0);
server.close();
server.closeAllConnections();

export const results = { losses, answered, right, buffers: memory().buffers - before };
console.log(
  `losses ${losses.map((loss) => loss.toFixed(3)).join(', ')}; ${answered} requests were answered, and of ${DIGITS} digits ${right} read right at the end`,
);
