"""Scores of all models of NLTK: writes nltk.json beside this file.

    /usr/bin/python3 packages/lm/golden/make-nltk.py

Made with NLTK 3.8 (Debian package python3-nltk). Sentences are padded as `padded_everygram_pipeline` has it; words that come less often than the cut-off of a corpus are
`<UNK>`. A score is null where NLTK divides by zero.
"""

import json
import pathlib
import random

import nltk
from nltk.lm import (
    MLE,
    AbsoluteDiscountingInterpolated,
    KneserNeyInterpolated,
    Laplace,
    Lidstone,
    StupidBackoff,
    Vocabulary,
    WittenBellInterpolated,
)
from nltk.lm.preprocessing import padded_everygram_pipeline

assert nltk.__version__ == "3.8", nltk.__version__
QUERIES = 7
choose = random.Random(15)


def farm():
    """Sentences of few words, some of which come once."""
    nouns = ["cow", "hen", "dog", "farmer", "goat"]
    verbs = ["sees", "feeds", "follows"]
    sentences = []
    for i in range(30):
        noun = ["the", choose.choice(nouns)] if choose.random() < 0.8 else ["a", "young", choose.choice(nouns)]
        other = ["the", choose.choice(nouns)] if choose.random() < 0.8 else [f"rare{i}"]
        sentences.append([*noun, choose.choice(verbs), *other])
    return sentences


corpora = {
    # Chen and Goodman 1998, section 2.1.
    "books": {
        "cutoff": 1,
        "sentences": ["JOHN READ MOBY DICK".split(), "MARY READ A DIFFERENT BOOK".split(), "SHE READ A BOOK BY CHER".split()],
    },
    "letters": {"cutoff": 1, "sentences": [list(text) for text in ["abcab", "acb", "a", "bbba", "cabca"]]},
    "farm": {"cutoff": 2, "sentences": farm()},
}

models = [
    ("MLE", {}),
    ("Laplace", {}),
    ("Lidstone", {"gamma": 0.3}),
    ("StupidBackoff", {}),
    ("StupidBackoff", {"alpha": 0.7}),
    ("WittenBellInterpolated", {}),
    ("AbsoluteDiscountingInterpolated", {}),
    ("AbsoluteDiscountingInterpolated", {"discount": 0.3}),
    ("KneserNeyInterpolated", {}),
    ("KneserNeyInterpolated", {"discount": 0.6}),
]


def fitted(name, options, order, corpus):
    grams, padded = padded_everygram_pipeline(order, corpus["sentences"])
    vocabulary = Vocabulary(list(padded), unk_cutoff=corpus["cutoff"])
    model = globals()[name](order=order, vocabulary=vocabulary, **options)
    model.fit(grams)
    return model


def score(model, word, context):
    try:
        return model.score(word, context)
    except ZeroDivisionError:
        return None


def queries(corpus, order):
    """Contexts that came, with what followed or another word, and contexts of any words."""
    _, padded = padded_everygram_pipeline(order, corpus["sentences"])
    text = list(padded)
    words = sorted(set(text)) + ["zebra"]
    found = []
    for i in range(QUERIES):
        length = choose.randint(max(0, order - 2), order - 1)
        at = choose.randrange(length, len(text))
        # A run over the border of two sentences never came, which is as good.
        context = text[at - length:at] if i < 5 else [choose.choice(words) for _ in range(length)]
        found.append((context, text[at] if i < 3 else choose.choice(words)))
    return found


cases = []
for name, corpus in corpora.items():
    for order in [1, 2, 3, 4]:
        all_models = [fitted(model, options, order, corpus) for model, options in models]
        cases.append({
            "corpus": name,
            "order": order,
            "vocabulary": sorted(all_models[0].vocab),
            "queries": [
                {"context": context, "word": word, "scores": [score(model, word, context) for model in all_models]}
                for context, word in queries(corpus, order)
            ],
        })

kneser_ney = fitted("KneserNeyInterpolated", {"discount": 0.6}, 3, corpora["books"])
golden = {
    "madeWith": f"NLTK {nltk.__version__}",
    "corpora": corpora,
    "models": [{"name": name, "options": options} for name, options in models],
    "cases": cases,
    # Kneser-Ney of "books" at order 3 with the discount 0.6, behind a begin token: what all of its probabilities sum to.
    "sumBehindBegin": sum(kneser_ney.score(word, ["<s>"]) for word in kneser_ney.vocab),
}
path = pathlib.Path(__file__).with_name("nltk.json")
path.write_text(json.dumps(golden, indent=None, separators=(",", ":")).replace('{"corpus"', '\n{"corpus"').replace('{"context"', '\n {"context"') + "\n")
