// @dl/data/images: what reads PNG and JPEG files. An entry point of its own, because it brings the decoders.

export { type DecodeOptions, decodeImage } from './decode-image.js';
