// @dl/lm/node: language models and tokenisers in files.

export {};
