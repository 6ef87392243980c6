// What the training of a network tells while it goes on, and what it comes to.

import type { EndEvent, EpochEvent, StartEvent, StepEvent, TestEvent, TrainState } from '@dl/train';
import type { LanguageModel } from '../../language-model.js';
import type { NetworkModel } from '../models/network-model.js';
import type { SavedTraining } from './settings.js';

/** How well tokens are predicted. */
export interface NetworkLoss {
  /** The mean of -log p of a token, in nats. */
  readonly loss: number;
  /** The same in bits for a character of the text, which can be compared whatever the tokens are. */
  readonly bitsPerCharacter: number;
}

/** The figures of an evaluation; plain numbers. */
export interface NetworkFigures {
  /** Steps done since the first one. */
  readonly step: number;
  /** Of the tokens that were learned from since the evaluation before, while they were. */
  readonly train: NetworkLoss;
  /** Of text that is held out, where there is some; of a long one a part, the same each time. */
  readonly heldOut?: NetworkLoss;
  /** Whether no evaluation before was better: by what is held out, or without that by what was learned from. */
  readonly isBest: boolean;
  /** The learning rate of the last step. */
  readonly lr: number;
  /** Since the training began, without what lay between an interruption and its going on. */
  readonly seconds: number;
}

/** What goes on from an event: a state of `fit` with what the training adds to it. `saveState` of @dl/checkpoint/node saves it. */
export interface NetworkTrainState extends TrainState {
  readonly network: SavedTraining;
}

/** What each event has. */
export interface NetworkMoment {
  /** The model with its weights of the moment, to draw from between two events. */
  readonly model: LanguageModel<NetworkModel>;
  /** How much of the training is done, from 0 to 1. */
  readonly share: number;
  /** All evaluations so far, those before a resumed state too. */
  readonly history: readonly NetworkFigures[];
  /** All that is needed to go on exactly from here: the option `state`. Call it before asking for the next event. */
  state(): Promise<NetworkTrainState>;
}

/** Comes first. */
export interface NetworkStartEvent extends Omit<StartEvent, 'state'>, NetworkMoment {
  /** How many numbers the model learns. */
  readonly parameters: number;
  /** How many steps there will be, where that was asked for or follows; not with `minutes`. */
  readonly totalSteps?: number;
  /** Texts are cut into so many tokens at most. */
  readonly length: number;
  /** How many pieces, of texts or streams, are in a batch. */
  readonly batch: number;
  readonly characters: number;
  readonly heldOutCharacters: number;
}

/** Comes after each step. */
export interface NetworkStepEvent extends Omit<StepEvent, 'state'>, NetworkMoment {
  /** Together with `loss`, every ten steps, or more often where evaluations are. */
  readonly bitsPerCharacter?: number;
  readonly tokensPerSecond: number;
}

/** Comes after each batch of an evaluation. */
export interface NetworkTestEvent extends Omit<TestEvent, 'state'>, NetworkMoment {}

/** Comes at the end of each stretch of training, with an evaluation: what `fit` calls an epoch. */
export interface NetworkEpochEvent extends Omit<EpochEvent, 'state'>, NetworkMoment {
  readonly figures: NetworkFigures;
}

/** Comes last, unless an error ended the training. */
export interface NetworkEndEvent extends Omit<EndEvent, 'state'>, NetworkMoment {}

/** What `trainNetwork` yields: the events of `fit` of @dl/train, with more in them. */
export type NetworkTrainEvent =
  | NetworkStartEvent
  | NetworkStepEvent
  | NetworkTestEvent
  | NetworkEpochEvent
  | NetworkEndEvent;

/** What `trainNetwork` comes to. */
export interface NetworkTraining extends Pick<EndEvent, 'reason' | 'best' | 'seconds'> {
  /** With the weights that did best on what is held out; without that, or where a signal ended it, with the last ones. */
  readonly model: LanguageModel<NetworkModel>;
  readonly history: readonly NetworkFigures[];
}
