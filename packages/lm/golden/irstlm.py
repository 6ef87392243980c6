"""n-gram models of IRSTLM: writes irstlm.json beside this file.

    /usr/bin/python3 packages/lm/golden/irstlm.py

Made with IRSTLM 6.00.05 (Debian package irstlm), whose program tlm writes ARPA files: `-lm=wb` is Witten-Bell, `-lm=ikn` modified Kneser-Ney ("improved"), both
interpolated, without its pruning of n-grams that came once (`-ps=no`).

From order 2 on it computes what we do, given the order below. At order 1 it does not: it counts an unknown word as often as there are other words, and begin tokens once,
where ours go down to the uniform distribution. So an n-gram is kept as the share that it has of its own, p(w | h) - weight(h) p(w | h'), beside the weight. The text is
such that for each order n1 > n2 > n3 > n4: otherwise IRSTLM takes one discount for all counts.
"""

import json
import os
import pathlib
import random
import subprocess
import tempfile

BIN = "/usr/lib/irstlm/bin"
ORDER = 3
WORDS = 300
SHARES = 120
choose = random.Random(4)


def sentence():
    word, words = 0, []
    for _ in range(choose.randint(1, 8)):
        follows = choose.random() < 0.35
        word = (3 * word + 1) % WORDS if follows else int(WORDS ** choose.random()) - 1
        words.append(word)
    return words


def arpa(kind, text):
    """Probabilities and weights by n-gram."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "train").write_text(text)
        options = [f"-tr={folder}/train", f"-n={ORDER}", f"-lm={kind}", "-ps=no", f"-o={folder}/arpa"]
        subprocess.run([f"{BIN}/tlm", *options], check=True, capture_output=True, env={**os.environ, "IRSTLM": BIN[:-4]})
        lines = pathlib.Path(folder, "arpa").read_text().splitlines()
    probabilities, weights = {}, {}
    for line in lines:
        parts = line.split("\t")
        if len(parts) < 2 or parts[0].startswith("ngram"):
            continue
        ngram = tuple(parts[1].split())
        probabilities[ngram] = 10 ** float(parts[0])
        weights[ngram] = 10 ** float(parts[2]) if len(parts) > 2 else 1.0
    return probabilities, weights


def shares(kind, text):
    probabilities, weights = arpa(kind, text)

    def probability(ngram):
        if ngram in probabilities:
            return probabilities[ngram]
        return weights.get(ngram[:-1], 1.0) * probability(ngram[1:])

    # It counts from one sentence into the next, which nobody asks for; and begin tokens are said.
    usual = [n for n in probabilities if "</s>" not in n[:-1] and "<s>" not in n[1:] and len(n) > 1]
    found = []
    for ngram in choose.sample(sorted(usual), SHARES):
        weight, whole = weights[ngram[:-1]], probabilities[ngram]
        found.append({
            "ngram": [word if word[0] == "<" else int(word[1:]) for word in ngram],
            "weight": float(f"{weight:.6g}"),
            "share": float(f"{whole - weight * probability(ngram[1:]):.6g}"),
            "probability": float(f"{whole:.6g}"),
        })
    return found


sentences = [sentence() for _ in range(500)]
# In front of a text it counts begin tokens, and of its last n-grams not all: at both ends stand end tokens, behind which nothing is asked.
edge = "</s> </s> </s>\n"
text = edge + "".join("<s> " + " ".join(f"w{word}" for word in words) + " </s>\n" for words in sentences) + edge
golden = {
    "madeWith": "IRSTLM 6.00.05",
    "words": WORDS,
    "order": ORDER,
    # Its figures have six digits.
    "sentences": [" ".join(map(str, words)) for words in sentences],
    "wittenBell": shares("wb", text),
    "modifiedKneserNey": shares("ikn", text),
}
path = pathlib.Path(__file__).with_name("irstlm.json")
path.write_text(json.dumps(golden, separators=(",", ":")).replace('{"ngram"', '\n{"ngram"') + "\n")
