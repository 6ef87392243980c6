// @dl/train/page: the progress of a training run in a page, as a small element with a bar and the latest figures.

import { ArgumentError, checkCall, type Known, type Platform } from '@dl/autograd';
import type { EndEvent, TrainEvent } from './events/events.js';
import { type TrainRun, trainRun } from './events/train-run.js';
import { formatClock } from './progress/format.js';
import { type Now, Report } from './progress/report.js';

/** Options of {@link progress} in a page. */
export interface PageOptions {
  /** Where the element is put: at its end. Default `document.body`. */
  readonly parent?: Platform<'Element'>;
  /** What the examples are called: 'images', 'sentences'. Default 'examples'. */
  readonly unit?: string;
  /** Milliseconds between two changes of what is shown, so that drawing takes no time from training. Default 50. */
  readonly every?: number;
}

const pageOptions: Known<PageOptions> = { parent: 'object', unit: 'string', every: 'number' };

// Inside a shadow root, the style of the page and this one leave each other alone; font and colour are the page's.
const STYLE = `
  :host { display: block; max-width: 32rem; font-variant-numeric: tabular-nums; line-height: 1.5; }
  progress { width: 100%; accent-color: currentColor; }
  div { display: flex; flex-wrap: wrap; gap: 0 1rem; }
  [part="name"] { font-weight: 600; }
  [part="last"] { opacity: 0.75; margin: 0; min-height: 1.5em; white-space: pre-wrap; }
`;

/**
 * Shows the events of `fit` while they pass through: a bar for the epoch, loss and accuracy (smoothed), examples per second and
 * the time that is left, and below them the line of the last complete epoch. The element stays when the run ends, and says how it did; its parts
 * `name`, `bar`, `figures` and `last` can be styled with `::part`.
 *
 * @throws ArgumentError where there is no document, or the parent is no element.
 *
 * @example
 * ```ts no-run
 * import { useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { SGD } from '@dl/optim';
 * import { fit } from '@dl/train';
 * import { progress } from '@dl/train/page';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const data = loader(drawnDigits(500), { shuffle: true });
 * for await (const event of progress(fit(model, data, { optimizer, epochs: 5 }), { unit: 'images' })) {
 *   if (event.type === 'end') console.log(event.reason); // finished
 * }
 * ```
 */
export function progress<E extends TrainEvent>(events: AsyncIterable<E>, options: PageOptions = {}): TrainRun<E> {
  checkCall('progress', arguments, ['events'], pageOptions);
  return trainRun('progress', shown(events, options));
}

async function* shown<E extends TrainEvent>(
  events: AsyncIterable<E>,
  options: PageOptions,
): AsyncGenerator<E, void, undefined> {
  const { unit = 'examples', every = 50 } = options;
  const show = new Display(parentOf(options), every);
  const report = new Report(unit);
  // What stands there when an error or a `break` ends the loop.
  let last = 'stopped';
  try {
    for await (const event of events) {
      const { stays, now } = report.tell(event);
      for (const line of stays) show.stay(line);
      if (now !== undefined) show.move(now);
      if (event.type === 'end') last = outcome(event);
      yield event;
    }
  } finally {
    show.end(last);
  }
}

const OUTCOMES = { finished: 'finished', stopped: 'stopped early', aborted: 'stopped' } as const;

const outcome = ({ reason, seconds }: EndEvent): string => `${OUTCOMES[reason]} after ${formatClock(seconds)}`;

/** Lines may break between figures, which two spaces part, and not inside of one. */
const unbroken = (line: string): string => line.replace(/(?<! ) (?! )/g, '\u00a0');

class Display {
  readonly #every: number;
  readonly #name = part('span', 'name');
  readonly #bar = part('progress', 'bar');
  readonly #figures = part('span', 'figures');
  readonly #last = part('p', 'last');
  #drawn = Number.NEGATIVE_INFINITY;
  #waiting: Now | undefined;

  constructor(parent: Element, every: number) {
    this.#every = every;
    const host = document.createElement('div');
    host.className = 'dl-progress';
    const style = document.createElement('style');
    style.textContent = STYLE;
    const line = document.createElement('div');
    line.append(this.#name, this.#figures);
    this.#bar.setAttribute('aria-label', 'progress of the epoch');
    host.attachShadow({ mode: 'open' }).append(style, this.#bar, line, this.#last);
    parent.append(host);
  }

  stay(line: string): void {
    this.#flush();
    this.#last.textContent = unbroken(line);
  }

  move(now: Now): void {
    this.#waiting = now;
    if (performance.now() - this.#drawn >= this.#every) this.#flush();
  }

  end(outcome: string): void {
    this.#flush();
    this.#figures.textContent = outcome;
    // A bar without a value moves for ever.
    if (!this.#bar.hasAttribute('value')) this.#bar.value = 0;
  }

  #flush(): void {
    if (this.#waiting === undefined) return;
    const { name, step, steps, figures } = this.#waiting;
    this.#waiting = undefined;
    this.#drawn = performance.now();
    this.#name.textContent = name;
    this.#figures.textContent = figures.map(unbroken).join('\u2003');
    if (step !== undefined && steps !== undefined) this.#bar.value = step / steps;
    else this.#bar.removeAttribute('value');
  }
}

function part<K extends keyof HTMLElementTagNameMap>(tag: K, name: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.setAttribute('part', name);
  return element;
}

function parentOf({ parent }: PageOptions): Element {
  if (typeof document === 'undefined') {
    throw new ArgumentError('progress: there is no document here; in Node use progress of @dl/train/terminal');
  }
  const found = parent ?? document.body;
  if (found instanceof Element) return found;
  throw new ArgumentError('progress: parent is no element; pass one that is in the page, or leave it out');
}
