// @dl/attention: attention and transformers.

export {};
