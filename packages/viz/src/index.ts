// @dl/viz: what a training run looks like, as SVG strings and as one HTML page.

export { type AttentionGridOptions, attentionGrid } from './attention-grid.js';
export { type AttentionMapOptions, attentionMap } from './attention-map.js';
export { type ConfusionMatrixOptions, confusionMatrix } from './confusion-matrix.js';
export { type CurveSeries, type CurvesOptions, curves, type PanelOptions } from './curves.js';
export { type FiltersOptions, featureMaps, filters } from './filters.js';
export { type ImageGridOptions, imageGrid } from './image-grid.js';
export type { Images, Palette } from './images.js';
export { type Block, type Facts, type Figure, type ReportOptions, report, type Section, type Table } from './report.js';
export { type ScatterGroup, type ScatterOptions, scatter } from './scatter.js';
export { smooth } from './smooth.js';
