// What the conformance suite leaves out on TensorFlow.js.

export const exclude: Readonly<Record<string, string>> = {
  '1 to 9 axes': 'kernels of TensorFlow.js have limits of 4 to 6 axes',
  'gradient of 1 to 9 axes': 'kernels of TensorFlow.js have limits of 4 to 6 axes',
  'special values float32': 'kernels of TensorFlow.js differ for special values',
  'special values int32': 'kernels of TensorFlow.js round large integers',
};
