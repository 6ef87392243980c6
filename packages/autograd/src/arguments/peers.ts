// Names that options have elsewhere.

/** For names of other libraries, in lower case without underscores, what options with the same meaning are called here. */
const names: Readonly<Record<string, readonly string[]>> = {
  keepdim: ['keepDims'],
  dim: ['axis', 'axes'],
  dims: ['axes', 'axis'],
  axis: ['axes'],
  axes: ['axis'],
  negativeslope: ['slope'],
  learningrate: ['lr'],
  epsilon: ['eps'],
  paddingidx: ['paddingIndex'],
  padtoken: ['paddingIndex'],
  unbiased: ['correction'],
  ddof: ['correction'],
  beta1: ['betas'],
  beta2: ['betas'],
  device: ['backend'],
  seed: ['generator'],
  randomstate: ['generator'],
  rng: ['generator'],
  strides: ['stride'],
  dilationrate: ['dilation'],
  usebias: ['bias'],
  rate: ['p'],
  l2: ['weightDecay'],
  ord: ['p'],
  numepochs: ['epochs'],
  sampler: ['shuffle'],
  startdim: ['start'],
  enddim: ['end'],
  creategraph: ['createGraph'],
  trackrunningstatistics: ['trackRunningStats'],
  size: ['shape'],
};

/** The option that a name stands for: the same one in another spelling, or as another library calls it. */
export function ownName(name: string, options: readonly string[]): string | undefined {
  const plain = bare(name);
  const same = options.find((option) => bare(option) === plain);
  if (same !== undefined || !Object.hasOwn(names, plain)) return same;
  return names[plain]!.find((own) => options.includes(own));
}

const bare = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '');
