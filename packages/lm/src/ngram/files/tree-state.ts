// What a tree of n-grams must be that comes out of a file.

import { FormatError } from '@dl/autograd';
import { MOST_ORDER, type NgramTrie } from '../trie.js';

type Tree = Pick<NgramTrie, 'levels' | 'words' | 'children'>;

/**
 * The arrays of a tree, if they are one, in one pass.
 *
 * @throws FormatError for an order above {@link MOST_ORDER}, orders and children that do not follow one another, words out of range, and words of one n-gram that are not sorted.
 */
export function checkedTree(tree: Tree): Tree {
  const { levels, words, children } = tree;
  const order = levels.length - 2;
  if (order < 1 || levels[0] !== 0 || levels[1] !== 1 || levels[2]! < 2) {
    throw wrong(`levels begin with ${levels.subarray(0, 3).join(', ')}, needs 0, 1 and a node for each token`);
  }
  if (order > MOST_ORDER) throw wrong(`the order is ${order}, needs 1 … ${MOST_ORDER}`);
  for (let k = 2; k <= order; k++) {
    if (levels[k + 1]! < levels[k]!) throw wrong(`order ${k} begins at ${levels[k]} and ends at ${levels[k + 1]}`);
  }
  const size = levels[order + 1]!;
  const contexts = levels[order]!;
  if (words.length !== size) throw wrong(`there are ${words.length} words, but the levels end at ${size}`);
  if (children.length !== contexts + 1) throw wrong(`there are ${children.length} children, needs ${contexts + 1}`);
  for (let k = 0; k <= order; k++) {
    // What follows the n-grams of one order are those of the next.
    if (levels[k]! <= contexts && children[levels[k]!] !== levels[k + 1]) {
      throw wrong(`what follows order ${k} begins at ${children[levels[k]!]}, needs ${levels[k + 1]}`);
    }
  }
  for (let node = 0; node < contexts; node++) {
    if (children[node + 1]! < children[node]!) throw wrong(`the children of node ${node} end before they begin`);
  }
  const vocabularySize = levels[2]! - 1;
  if (words[0] !== -1) throw wrong(`the word of the root is ${words[0]}, needs -1`);
  for (let context = 0; context < contexts; context++) {
    let former = -1;
    const end = children[context + 1]!;
    for (let child = children[context]!; child < end; child++) {
      const word = words[child]!;
      if (word <= former || word >= vocabularySize) {
        throw wrong(
          `node ${child} has word ${word} behind ${former}, needs words in ascending order below ${vocabularySize}`,
        );
      }
      former = word;
    }
  }
  return tree;
}

const wrong = (words: string): FormatError =>
  new FormatError(`modelFromState: ${words}; the file is damaged, or of something else`);
