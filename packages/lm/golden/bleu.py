"""Writes bleu.json: texts, their words, and the figures of sacrebleu.

    python3 -m venv .venv && .venv/bin/pip install sacrebleu==2.6.0
    .venv/bin/python packages/lm/golden/bleu.py
"""

import json
import random
from pathlib import Path

import sacrebleu
from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

random.seed(3)
words = Tokenizer13a()

TEXTS = [
    "",
    "   ",
    "A man in a blue shirt is standing on a ladder cleaning a window.",
    "It's 3.50, isn't it? 1,000.5 of them!",
    "Two men (one old, one young) wait... and wait; then: go.",
    'He said "well-known" - and left at 5-6 p.m., the 21st.',
    "&quot;Tom &amp; Jerry&quot; &lt;1940&gt; &amp;lt; &apos;",
    "one\ntwo hyphen-\nated\tthree  four",
    "<skipped> A/B=C+D*E^F~G`H|I{J}K[L]M\\N_O@P#Q$R%S",
    ".5 5. ,5 5, 5.a a.5 .,.,1.,2 - -1 1- 1-1",
    "Zwei junge weiße Männer – im Freien – „nahe“ vieler Büsche.",
    "naïve café, 你好，世界。 👍👍. ,👍",
    "a..b ,,c d.,e",
]

NOUNS = "man woman dog child street ball red-brown 3.5 10,000 tree".split()
REST = "a the two is are on in near with running , . ' \" ( ) - &amp;".split()


def sentence(length):
    return " ".join(random.choice(NOUNS if random.random() < 0.4 else REST) for _ in range(length))


def changed(text, share):
    """The same with some words left out, put in or exchanged."""
    result = []
    for word in text.split():
        if random.random() < share:
            result += random.choice([[], [random.choice(NOUNS)], [word, random.choice(REST)]])
        else:
            result.append(word)
    return " ".join(result)


def corpus(size, references, share, lengths=(1, 18), hypothesis_share=None):
    """Sentences with one reference, or with up to so many."""
    wanted, said = [], []
    for _ in range(size):
        text = sentence(random.randint(*lengths))
        wanted.append([changed(text, share) if i else text for i in range(random.randint(1, references))])
        said.append(changed(text, share if hypothesis_share is None else hypothesis_share))
    return said, wanted


CASES = {
    "one reference": corpus(20, 1, 0.2),
    "up to four references": corpus(15, 4, 0.4),
    "all right": corpus(4, 1, 0, (4, 9)),
    "nothing of four words": (["the man with a ball", "a dog runs fast"], [["the man has a ball"], ["a dog is fast"]]),
    "nothing of three words and of four": (["a dog runs there"], [["a dog is there"]]),
    "nothing of two words and more": (["one two three four five"], [["five four three two one"]]),
    "nothing": (["one two three four five"], [["six seven"]]),
    "fewer than four words each": (["a dog", "two red balls"], [["a dog"], ["two red balls"]]),
    "no words": (["", ""], [["a dog"], ["two"]]),
    "too short": ([" ".join(text.split()[:6]) for text, in ([sentence(12)] for _ in range(5))], []),
    "two references as near, of which the shorter counts": (["a b c d e f"], [["a b c d e f g h", "a b c d"]]),
    "words more often than in a reference": (["the " * 7], [["The cat is on the mat.", "There is a cat on the mat."]]),
    "punctuation": (TEXTS[2:], [[text.replace("a", "e")] for text in TEXTS[2:]]),
}
CASES["too short"] = (CASES["too short"][0], [[f"{text} {sentence(5)}"] for text in CASES["too short"][0]])


WAYS = [("exp", None), ("none", None), ("floor", None), ("floor", 0.01), ("add-k", None), ("add-k", 0.5)]


def figures(said, wanted, order, smoothing, value=None):
    most = max(map(len, wanted))
    columns = [[row[i] if i < len(row) else None for row in wanted] for i in range(most)]
    score = BLEU(max_ngram_order=order, smooth_method=smoothing, smooth_value=value).corpus_score(said, columns)
    return {
        "order": order,
        "smoothing": {"exp": "exponential"}.get(smoothing, smoothing),
        "smoothingValue": value,
        "score": score.score,
        "precisions": score.precisions,
        "brevityPenalty": score.bp,
        "length": score.sys_len,
        "referenceLength": score.ref_len,
    }


cases = {
    name: {
        "hypotheses": said,
        "references": wanted,
        "figures": [figures(said, wanted, order, *way) for order in (1, 2, 4) for way in WAYS],
    }
    for name, (said, wanted) in CASES.items()
}
texts = [{"text": text, "words": words(text.rstrip()).split()} for text in TEXTS]
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items())
text = f'{{"version": "{sacrebleu.__version__}",\n"texts": {json.dumps(texts)},\n"cases": {{\n{lines}\n}}}}\n'
Path(__file__).with_suffix(".json").write_text(text)
