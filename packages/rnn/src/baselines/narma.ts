// NARMA: a network without a state, which sees delayed inputs and outputs of a process.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  concat,
  formatShape,
  type Known,
  ShapeError,
  type Tensor,
} from '@dl/autograd';
import {
  formatArguments,
  Linear,
  Module,
  needTensor,
  type ParameterOptions,
  parameterOptions,
  Sequential,
  Tanh,
  tidied,
} from '@dl/layers';

/** Options of {@link NARMA}. */
export interface NARMAOptions extends ParameterOptions {
  /** p, how many outputs before this one go in. Default 1. */
  readonly outputTaps?: number;
  /** q, how many inputs go in. Default 0: the process has no inputs. */
  readonly inputTaps?: number;
  /** Numbers of an output. Default 1. */
  readonly outputSize?: number;
  /** Numbers of an input. Default 1. */
  readonly inputSize?: number;
}

const narmaOptions: Known<NARMAOptions> = {
  outputTaps: 'number',
  inputTaps: 'number',
  outputSize: 'number',
  inputSize: 'number',
  ...parameterOptions,
};

/**
 * A nonlinear autoregressive model with inputs: y(t) = W₂ tanh(W₁ [y(t-1) … y(t-p) u(t-1) … u(t-q)] + b₁) + b₂, a multilayer perceptron with
 * delayed outputs y and inputs u of a process. The memory of a recurrent network goes as far as it learns, that of this one p steps back. With
 * past errors as inputs it is the nonlinear form of ARMA.
 *
 * `forward` is teacher forced: of outputs [batch, time, outputSize] that were measured, and inputs [batch, time, inputSize], it predicts each
 * from those before it, [batch, time - max(p, q), outputSize]; all at once, which is how it is trained. `forecast` runs freely: what it has predicted
 * takes the place of what is not measured yet. Gradients go through both.
 *
 * @throws ShapeError for outputs or inputs of other sizes, or less than max(p, q) steps of a past; ArgumentError for inputs of a process without any, and the
 * other way round.
 *
 * Source: K. Narendra, K. Parthasarathy, "Identification and control of dynamical systems using neural networks", 1990 (series-parallel and
 * parallel form); J. Connor, R. Martin, L. Atlas, "Recurrent neural networks and robust time series prediction", 1994.
 *
 * @example
 * ```ts
 * import { manualSeed, scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Adam } from '@dl/optim';
 * import { NARMA } from '@dl/rnn';
 * await useBackend(cpu());
 * manualSeed(1);
 * const wave = tensor(Float32Array.from({ length: 100 }, (_, t) => Math.sin(t / 3))).reshape([1, 100, 1]);
 * const model = new NARMA(8, { outputTaps: 2 });
 * const optimizer = new Adam(model.parameters(), { lr: 0.02 });
 * for (let step = 0; step < 300; step++) {
 *   scope(() => {
 *     model.forward(wave).sub(wave.slice([null, [2]])).square().mean().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(model.forecast(wave, 5).shape); // [1, 5, 1]: steps 100 to 104
 * ```
 */
export class NARMA extends Module<[outputs: Tensor, inputs?: Tensor], Tensor> {
  readonly hiddenSize: number;
  readonly outputTaps: number;
  readonly inputTaps: number;
  readonly outputSize: number;
  readonly inputSize: number;
  readonly network: Sequential;

  constructor(hiddenSize: number, options: NARMAOptions = {}) {
    checkCall('NARMA', arguments, ['hiddenSize'], narmaOptions);
    super();
    const { outputTaps = 1, inputTaps = 0, outputSize = 1, inputSize = 1, ...made } = options;
    this.hiddenSize = checkInteger('NARMA', 'hiddenSize', hiddenSize, 1);
    this.outputTaps = checkInteger('NARMA', 'outputTaps', outputTaps, 0);
    this.inputTaps = checkInteger('NARMA', 'inputTaps', inputTaps, 0);
    this.outputSize = checkInteger('NARMA', 'outputSize', outputSize, 1);
    this.inputSize = checkInteger('NARMA', 'inputSize', inputSize, 1);
    const seen = outputTaps * outputSize + inputTaps * inputSize;
    if (seen === 0)
      throw new ArgumentError('NARMA: outputTaps and inputTaps are 0, so that nothing goes in; give one of them');
    this.network = new Sequential(
      new Linear(seen, hiddenSize, made),
      new Tanh(),
      new Linear(hiddenSize, outputSize, made),
    );
  }

  /** max(p, q): how many steps of a past are needed. */
  get memory(): number {
    return Math.max(this.outputTaps, this.inputTaps);
  }

  forward(outputs: Tensor, inputs?: Tensor): Tensor {
    checkCall('NARMA', arguments, ['outputs', 'inputs']);
    const time = this.#stepsOf('NARMA', outputs);
    this.#checkInputs('NARMA', inputs, outputs, time);
    const { memory, outputTaps, inputTaps } = this;
    const delayed = (values: Tensor, lag: number): Tensor => values.slice([null, [memory - lag, time - lag]]);
    const predict = (): Tensor => {
      const seen = [
        ...lags(outputTaps).map((lag) => delayed(outputs, lag)),
        ...lags(inputTaps).map((lag) => delayed(inputs!, lag)),
      ];
      return this.network.forward(concat(seen, 2)); // [batch, time - memory, outputSize]
    };
    return tidied(predict, (found) => [found]);
  }

  /**
   * The `steps` outputs that follow those of `history` [batch, time, outputSize], as [batch, steps, outputSize]. Inputs, where the process has some, are
   * [batch, at least time + steps - 1, inputSize] and begin with the history.
   */
  forecast(history: Tensor, steps: number, inputs?: Tensor): Tensor {
    checkCall('NARMA.forecast', arguments, ['history', 'steps', 'inputs']);
    const time = this.#stepsOf('NARMA.forecast', history);
    checkInteger('NARMA.forecast', 'steps', steps, 1);
    this.#checkInputs('NARMA.forecast', inputs, history, time + steps - 1);
    return tidied(
      () => this.#run(history, steps, inputs),
      (found) => [found],
    );
  }

  override describe(): string {
    return formatArguments([this.hiddenSize], {
      outputTaps: [this.outputTaps, 1],
      inputTaps: [this.inputTaps, 0],
      outputSize: [this.outputSize, 1],
      inputSize: [this.inputSize, 1],
    });
  }

  #run(history: Tensor, steps: number, inputs: Tensor | undefined): Tensor {
    const time = history.shape[1]!;
    const outputs = lags(this.outputTaps).map((lag) => history.slice([null, time - lag])); // each [batch, outputSize], the last one first
    const found: Tensor[] = [];
    for (let t = time; t < time + steps; t++) {
      const seen = [...outputs, ...lags(this.inputTaps).map((lag) => inputs!.slice([null, t - lag]))];
      const next = this.network.forward(concat(seen, 1));
      found.push(next.reshape([next.shape[0]!, 1, this.outputSize]));
      if (this.outputTaps > 0) {
        outputs.unshift(next);
        outputs.pop();
      }
    }
    return concat(found, 1);
  }

  /** How many steps of outputs there are. */
  #stepsOf(where: string, outputs: Tensor): number {
    needTensor(where, outputs, this.parameters()[0]!);
    const { shape } = outputs;
    if (shape.length !== 3 || shape[2] !== this.outputSize) {
      throw new ShapeError(`${where}: outputs are ${formatShape(shape)}, needs [batch, time, ${this.outputSize}]`);
    }
    const isForecast = where !== 'NARMA';
    const least = this.memory + (isForecast ? 0 : 1);
    if (shape[1]! < least) {
      throw new ShapeError(
        `${where}: outputs have ${shape[1]} steps, needs at least ${least}: ${this.memory} that go in${isForecast ? '' : ', and one to predict'}`,
      );
    }
    return shape[1]!;
  }

  #checkInputs(where: string, inputs: Tensor | undefined, outputs: Tensor, least: number): void {
    if (this.inputTaps === 0) {
      if (inputs === undefined) return;
      throw new ArgumentError(
        `${where}: inputs are given, but inputTaps is 0; make the model with inputTaps, or leave them out`,
      );
    }
    if (inputs === undefined)
      throw new ArgumentError(`${where}: inputs are missing, and inputTaps is ${this.inputTaps}; give them`);
    needTensor(where, inputs, this.parameters()[0]!);
    const [batch, time, size] = inputs.shape;
    if (inputs.rank !== 3 || batch !== outputs.shape[0] || size !== this.inputSize || time! < least) {
      throw new ShapeError(
        `${where}: inputs are ${formatShape(inputs.shape)}, needs [${outputs.shape[0]}, at least ${least}, ${this.inputSize}]`,
      );
    }
  }
}

/** 1, 2, …, count. */
const lags = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
