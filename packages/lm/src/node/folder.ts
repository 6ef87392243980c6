// Folders in Hugging Face's layout: a network of @dl/attention, the tokenizer.json beside it, and which tokens begin and end its texts.

import { stat } from 'node:fs/promises';
import { ArgumentError, DlError, FormatError, printable, shown } from '@dl/autograd';
import { LanguageModel } from '../language-model.js';
import { MaskedLanguageModel, type MaskedModel } from '../neural/masked-language-model.js';
import { readTokenizer } from '../tokens/read-tokenizer.js';
import { SubwordTokenizer } from '../tokens/subword.js';
import { Tokenizer } from '../tokens/tokenizer.js';
import type { SpecialTokens } from '../tokens/vocabulary.js';
import { inFolder, type JsonObject, readJson } from './json-file.js';
import { needed } from './needed.js';

/** The most bytes of a config, and of a tokenizer. */
const MOST_CONFIG = 2 ** 24;
const MOST_TOKENIZER = 2 ** 28;

const LAYOUT = 'config.json, tokenizer.json and model.safetensors';

/** What models do, by the `model_type` of their config. */
const kinds = {
  gpt2: 'generates',
  llama: 'generates',
  mistral: 'generates',
  bert: 'fills',
} as const satisfies Readonly<Record<string, 'generates' | 'fills'>>;

/** What the files beside the weights say. */
interface Folder {
  readonly path: string;
  readonly config: JsonObject;
  readonly tokenizerConfig: JsonObject;
  readonly generationConfig: JsonObject;
  readonly tokenizer: Tokenizer;
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** The model of a folder that generates. */
export async function loadFolder(where: string, path: string, given?: Tokenizer): Promise<LanguageModel> {
  const folder = await readFolder(where, path, 'generates', given);
  const { tokenizer } = folder;
  const { vocabulary } = tokenizer;
  const size = folder.config['vocab_size'];
  const { begin, end } = around(where, folder);
  const [begins, ends] = [firstTokens(where, folder, 'bos'), firstTokens(where, folder, 'eos')];
  const first = begin.at(-1) ?? begins[0];
  const isKnown = first !== undefined && !(Number.isInteger(size) && first >= (size as number));
  return withModel(where, folder, isKnown ? { begin: first } : {}, (model) => {
    // What is beyond the model is never said, and can end nothing.
    const said = ends.filter((token) => token < model.vocabularySize);
    return new LanguageModel(model as unknown as LanguageModel['model'], tokenizer, {
      ...(begin.length > 0 && { begin }),
      ends: said.length > 0 || vocabulary.eos === undefined ? said : [vocabulary.eos],
      scoreEnd: end.length === 1 && end[0] === vocabulary.eos,
    });
  });
}

/** The model of a folder that fills masks. */
export async function loadMaskedFolder(where: string, path: string, given?: Tokenizer): Promise<MaskedLanguageModel> {
  const folder = await readFolder(where, path, 'fills', given);
  const mask = tokenText(where, folder, 'mask_token') ?? '[MASK]';
  return withModel(
    where,
    folder,
    {},
    (model) => new MaskedLanguageModel(model as unknown as MaskedModel, folder.tokenizer, { mask }),
  );
}

async function readFolder(
  where: string,
  path: string,
  does: 'generates' | 'fills',
  given: Tokenizer | undefined,
): Promise<Folder> {
  const said = `${where}: '${printable(path, 300)}'`;
  if (!(await isFolder(path))) {
    throw new ArgumentError(`${said} is no folder; needs one in Hugging Face's layout: ${LAYOUT}`);
  }
  if (given !== undefined && !(given instanceof Tokenizer)) {
    throw new ArgumentError(`${where}: tokenizer is ${shown(given)}, needs a Tokenizer, such as one of readTokenizer`);
  }
  const config = await readJson(where, path, 'config.json', MOST_CONFIG);
  if (config === undefined) {
    throw new ArgumentError(`${said} has no config.json; needs a folder in Hugging Face's layout: ${LAYOUT}`);
  }
  needKind(said, config['model_type'], does);
  const tokenizerConfig = (await readJson(where, path, 'tokenizer_config.json', MOST_CONFIG)) ?? {};
  const generationConfig = (await readJson(where, path, 'generation_config.json', MOST_CONFIG)) ?? {};
  const file = given === undefined ? await readJson(where, path, 'tokenizer.json', MOST_TOKENIZER) : undefined;
  if (given === undefined && file === undefined) {
    throw new ArgumentError(
      `${said} has no tokenizer.json, the one file of tokens that is read; save_pretrained of transformers writes it, or give the tokenizer as tokenizer`,
    );
  }
  const tokenizer = given ?? tokenizerOf(where, path, file!, tokenizerConfig);
  const folder = { path, config, tokenizerConfig, generationConfig, tokenizer };
  if (Number.isInteger(config['vocab_size'])) needFit(where, folder, config['vocab_size'] as number);
  return folder;
}

function needKind(said: string, type: unknown, does: 'generates' | 'fills'): void {
  const kind = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type as keyof typeof kinds] : undefined;
  if (kind === does) return;
  if (kind === undefined) {
    const known = Object.keys(kinds).filter((name) => kinds[name as keyof typeof kinds] === does);
    throw new ArgumentError(
      `${said}: model_type of config.json is ${type === undefined ? 'missing' : shown(type)}, needs one of ${known.join(', ')}`,
    );
  }
  throw new ArgumentError(
    kind === 'fills'
      ? `${said} has a masked model, ${shown(type)}, which fills in what was left out, and says no text on; load it by loadMaskedModel, or npx @dl/lm fill`
      : `${said} has a model that generates, ${shown(type)}, and fills no masks; load it by loadModel`,
  );
}

/** The tokenizer of a file, with the roles that the config beside it gives to its tokens. */
function tokenizerOf(where: string, path: string, file: JsonObject, tokenizerConfig: JsonObject): Tokenizer {
  const known = tokensOf(file);
  // What unknown words become is said by the file itself; a role for what is no token is none.
  const roles: Record<string, string> = {};
  for (const role of ['bos', 'eos', 'pad'] as const) {
    const token = textOf(tokenizerConfig[`${role}_token`]);
    if (token !== undefined && known(token)) roles[role] = token;
  }
  try {
    return readTokenizer(file, roles as SpecialTokens);
  } catch (cause) {
    if (!(cause instanceof DlError)) throw cause;
    const kind = cause instanceof FormatError ? FormatError : ArgumentError;
    const words = cause.message.replace(/^readTokenizer: /, '');
    throw new kind(`${where}: ${inFolder(path, 'tokenizer.json')}: ${words}`, { cause });
  }
}

/** Whether a file has a token, however it is otherwise. */
function tokensOf(file: JsonObject): (token: string) => boolean {
  const vocab = (file['model'] as { readonly vocab?: unknown } | null | undefined)?.vocab;
  const added = Array.isArray(file['added_tokens']) ? (file['added_tokens'] as readonly unknown[]) : [];
  const contents = new Set(added.map((each) => (each as { readonly content?: unknown } | null)?.content));
  return (token) => contents.has(token) || (typeof vocab === 'object' && vocab !== null && Object.hasOwn(vocab, token));
}

/** Throws unless a tokenizer and a model were made for each other: all its tokens are the model's, and tables are longer than that only for speed. */
function needFit(where: string, { path, tokenizer }: Folder, size: number): void {
  const said = `${where}: '${printable(path, 300)}': the tokenizer has ${tokenizer.vocabularySize} tokens, but the model ${size}`;
  if (tokenizer.vocabularySize > size) {
    throw new ArgumentError(`${said}, so that some are none of the model's; they must be made for each other`);
  }
  if (2 * tokenizer.vocabularySize < size) {
    throw new ArgumentError(`${said}, most of which it cannot say; they must be made for each other`);
  }
}

/** Tokens that stand around a text, as transformers puts them there. */
function around(where: string, folder: Folder): { readonly begin: number[]; readonly end: number[] } {
  const { tokenizer, tokenizerConfig } = folder;
  const { vocabulary } = tokenizer;
  const made =
    tokenizer instanceof SubwordTokenizer
      ? { begin: [...tokenizer.begin], end: [...tokenizer.end] }
      : { begin: [], end: [] };
  // Classes of Llama's tokenizers put their own tokens in place of what the file says.
  const name = tokenizerConfig['tokenizer_class'];
  if (typeof name !== 'string' || !/^(Code)?Llama/.test(name)) return made;
  const idOf = (role: 'bos' | 'eos', otherwise: string): number[] => {
    const text = tokenText(where, folder, `${role}_token`) ?? otherwise;
    const id = vocabulary.find(text);
    if (id !== undefined) return [id];
    throw new ArgumentError(
      `${where}: ${inFolder(folder.path, 'tokenizer_config.json')}: ${role}_token is ${shown(text)}, which is none of the ${vocabulary.size} tokens of tokenizer.json`,
    );
  };
  const adds = (name: string, otherwise: boolean): boolean => {
    const value = tokenizerConfig[name] ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw new FormatError(
      `${where}: ${inFolder(folder.path, 'tokenizer_config.json')}: ${name} is ${shown(value)}, needs true or false`,
    );
  };
  return {
    begin: adds('add_bos_token', true) ? idOf('bos', '<s>') : [],
    end: adds('add_eos_token', false) ? idOf('eos', '</s>') : [],
  };
}

/** The text of a special token of tokenizer_config.json, which may be an object with its text. */
function tokenText(where: string, { path, tokenizerConfig }: Folder, name: string): string | undefined {
  const value = tokenizerConfig[name];
  const text = textOf(value);
  if (text !== undefined || value === undefined || value === null) return text;
  throw new FormatError(
    `${where}: ${inFolder(path, 'tokenizer_config.json')}: ${name} is ${shown(value)}, needs a token's text`,
  );
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'object' && value !== null ? (value as { readonly content?: unknown }).content : value;
  return typeof text === 'string' ? text : undefined;
}

/** Which tokens begin or end texts: what generation_config.json says, else config.json, else the tokenizer. */
function firstTokens(where: string, folder: Folder, role: 'bos' | 'eos'): readonly number[] {
  const key = `${role}_token_id`;
  for (const [name, file] of [
    ['generation_config.json', folder.generationConfig],
    ['config.json', folder.config],
  ] as const) {
    const value = file[key] ?? undefined;
    if (value === undefined) continue;
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (all.every((each) => Number.isSafeInteger(each) && (each as number) >= 0)) return all as readonly number[];
    throw new FormatError(
      `${where}: ${inFolder(folder.path, name)}: ${key} is ${shown(value)}, needs the number of a token, or a list of such`,
    );
  }
  const id = folder.tokenizer.vocabulary[role];
  return id === undefined ? [] : [id];
}

/** Loads the network, and frees it where it does not fit. */
async function withModel<T>(
  where: string,
  folder: Folder,
  options: { readonly begin?: number },
  make: (model: { readonly vocabularySize: number }) => T,
): Promise<T> {
  const { loadPretrained } = await needed(
    where,
    'a folder with a network',
    ['@dl/attention', '@dl/rnn'],
    () => import('@dl/attention/node'),
  );
  try {
    const { model } = await loadPretrained(folder.path, options);
    try {
      needFit(where, folder, model.vocabularySize);
      return make(model);
    } catch (error) {
      model.dispose();
      throw error;
    }
  } catch (cause) {
    if (!(cause instanceof ArgumentError || cause instanceof FormatError)) throw cause;
    if (cause.message.startsWith(`${where}: `)) throw cause;
    // In the words of others, but for the names of their functions.
    const words = cause.message.replace(/^\w+: /, '').replace(/(?<=^'[^']*': )\w+: /, '');
    const kind = cause instanceof FormatError ? FormatError : ArgumentError;
    const place = /^(cannot read )?'/.test(words) ? '' : `'${printable(folder.path, 300)}': `;
    throw new kind(`${where}: ${place}${words}`, { cause });
  }
}
