"""Writes chrf.json: corpora with the figures of sacrebleu, for those of bleu.json and some with blanks, marks and cases.

    python3 -m venv .venv && .venv/bin/pip install sacrebleu==2.6.0
    .venv/bin/python packages/lm/golden/chrf.py
"""

import json
from pathlib import Path

import sacrebleu
from sacrebleu.metrics import CHRF

HERE = Path(__file__).parent
NAMES = ["one reference", "up to four references", "all right", "nothing", "no words", "punctuation"]

corpora = json.loads((HERE / "bleu.json").read_text())["cases"]
CASES = {name: (corpora[name]["hypotheses"], corpora[name]["references"]) for name in NAMES}
CASES["marks and blanks"] = (
    ["(hi) there , you!!", "\u00a0it's\tdone.", "..", "'quoted'"],
    [["( hi ) there, you!!"], ["It's  done ."], ["."], ["quoted", "\"quoted\""]],
)
CASES["characters beyond 16 bits"] = (["\U0001f44d\U0001f44d ok na\u00efve", "\u4f60\u597d"], [["\U0001f44d ok naive"], ["\u4f60\u597d\u5417"]])
CASES["case"] = (["The CAT sat", "ON A MAT"], [["the cat sat"], ["on a mat."]])
SETTINGS = [
    (6, 0, 2, False, False),
    (6, 2, 2, False, False),
    (4, 1, 1, False, False),
    (2, 0, 3, True, False),
    (6, 2, 2, True, True),
    (0, 2, 2, False, False),
]


def figures(said, wanted, chars, words, beta, whitespace, lowercase):
    most = max(map(len, wanted))
    # For a sentence with fewer references its first once more: the best of them is what counts.
    columns = [[row[i] if i < len(row) else row[0] for row in wanted] for i in range(most)]
    metric = CHRF(char_order=chars, word_order=words, beta=beta, whitespace=whitespace, lowercase=lowercase)
    return {
        "charOrder": chars,
        "wordOrder": words,
        "beta": beta,
        "whitespace": whitespace,
        "lowercase": lowercase,
        "score": metric.corpus_score(said, columns).score,
    }


cases = {
    name: {"hypotheses": said, "references": wanted, "figures": [figures(said, wanted, *each) for each in SETTINGS]}
    for name, (said, wanted) in CASES.items()
}
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items())
(HERE / "chrf.json").write_text(f'{{"version": "{sacrebleu.__version__}",\n"cases": {{\n{lines}\n}}}}\n')
