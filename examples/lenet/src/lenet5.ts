// The network: LeNet-5, with the names that its layers have in the paper.
//
// Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition",
// Proceedings of the IEEE 86(11), 1998. Where this one departs from it:
// - C1 pads the 28 x 28 image by 2, where the paper has images of 32 x 32.
// - S2 and S4 take the plain mean of 2 x 2 pixels; the paper's have a learned factor and bias, and a tanh behind them.
// - Each map of C3 sees all maps of S2; a table in the paper leaves some out, to save time and to make maps differ.
// - The tanh is the plain one, not 1.7159 tanh(2x/3).
// - The output is ten numbers for a softmax with cross-entropy; the paper compares with a drawing of each digit.

import { avgPool2d, type Tensor } from '@dl/autograd';
import { Conv2d, Linear, Module } from '@dl/layers';

/** What the two convolutions make of images: what the report draws. */
export interface FeatureMaps {
  /** [N, 6, 28, 28] */
  readonly c1: Tensor;
  /** [N, 16, 10, 10] */
  readonly c3: Tensor;
}

/** Images [N, 1, 28, 28] → a number for each of the ten digits, [N, 10]; the largest is the answer. */
export class LeNet5 extends Module {
  readonly c1 = new Conv2d(1, 6, 5, { padding: 2 });
  readonly c3 = new Conv2d(6, 16, 5);
  readonly c5 = new Linear(400, 120);
  readonly f6 = new Linear(120, 84);
  readonly output = new Linear(84, 10);

  forward(images: Tensor): Tensor {
    const { c3 } = this.featureMaps(images);
    const s4 = avgPool2d(c3, 2); // [N, 16, 5, 5]
    const c5 = this.c5.forward(s4.reshape([-1, 400])).tanh(); // [N, 120]
    const f6 = this.f6.forward(c5).tanh(); // [N, 84]
    return this.output.forward(f6); // [N, 10]
  }

  featureMaps(images: Tensor): FeatureMaps {
    const c1 = this.c1.forward(images).tanh(); // [N, 6, 28, 28]
    const s2 = avgPool2d(c1, 2); // [N, 6, 14, 14]
    const c3 = this.c3.forward(s2).tanh(); // [N, 16, 10, 10]
    return { c1, c3 };
  }
}
