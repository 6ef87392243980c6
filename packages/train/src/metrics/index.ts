// The metrics of @dl/train.

export { AUC } from './auc.js';
export {
  Accuracy,
  type AnswerOptions,
  type Average,
  type AverageOptions,
  ConfusionMatrix,
  F1,
  Precision,
  Recall,
  TopKAccuracy,
} from './classes.js';
export type { Goal, Metric, Metrics, Values } from './metric.js';
export { Perplexity, type PerplexityOptions } from './perplexity.js';
export { MAE, R2, RMSE } from './regression.js';
