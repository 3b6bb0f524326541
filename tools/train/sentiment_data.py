"""The sentiment sentences: reading, checking and splitting sentiment.tsv.

    python sentiment_data.py            check the file
    python sentiment_data.py --split    put new rows in a split first, then check

Columns: text, label (positive, negative), split (train, test, elsewhere). `elsewhere` is written
in the file by hand and never changed; train and test follow from the texts alone: sentences that
share most of their words (minimal pairs) form a group, and a group's hash decides its side.

For training only: sentiment_phrases.tsv, words and idioms with their labels, and
sentiment_more.tsv, more sentences, of which those near a held-out one are left out.
"""
import hashlib
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

FILE = Path(__file__).with_name("sentiment.tsv")
PHRASES = Path(__file__).with_name("sentiment_phrases.tsv")
MORE = Path(__file__).with_name("sentiment_more.tsv")
LABELS = ["negative", "positive"]
SPLITS = ["train", "test", "elsewhere"]
SEED = "sentiment-5"
TEST_SHARE = 0.15
DEV_SHARE = 0.08
NEAR = 0.4  # shared words / all words of two sentences, from which they count as one group


def read(file=FILE):
    """[(text, label, split)] in the file's order."""
    lines = file.read_text(encoding="utf-8").splitlines()
    if lines[0] != "text\tlabel\tsplit":
        raise ValueError(f"{file.name} should begin with its column names")
    return [tuple(line.split("\t")) for line in lines[1:]]


def write(rows, file=FILE):
    lines = ["\t".join(row) for row in [("text", "label", "split"), *rows]]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def words(text):
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower())


def groups(texts):
    """A group's number for each text: texts linked by a chain of near neighbours share one."""
    parent = list(range(len(texts)))

    def root(i):
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i

    sets = [frozenset(words(text)) for text in texts]
    holders = defaultdict(list)
    for i, own in enumerate(sets):
        shared = Counter(j for word in own for j in holders[word])
        for j, n in shared.items():
            if n / len(own | sets[j]) >= NEAR:
                parent[root(i)] = root(j)
        for word in own:
            holders[word].append(i)
    return [root(i) for i in range(len(texts))]


def fraction(text, purpose):
    digest = hashlib.sha256(f"{SEED} {purpose} {text}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def chosen(texts, share, purpose):
    """True for the texts of the groups that a share of all hashes picks."""
    numbers = groups(texts)
    smallest = {}
    for text, number in zip(texts, numbers):
        smallest[number] = min(smallest.get(number, text), text)
    return [fraction(smallest[number], purpose) < share for number in numbers]


def split(rows):
    own = [row for row in rows if row[2] != "elsewhere"]
    test = chosen([row[0] for row in own], TEST_SHARE, "test")
    own = [(text, label, "test" if t else "train") for (text, label, _), t in zip(own, test)]
    return own + [row for row in rows if row[2] == "elsewhere"]


def problems(rows):
    """What is wrong with the rows, in sentences; empty when nothing is."""
    found = []
    seen = {}
    for number, row in enumerate(rows, 2):
        if len(row) != 3 or row[1] not in LABELS or row[2] not in SPLITS or not row[0].strip():
            found.append(f"line {number}: not text, label, split")
            continue
        key = " ".join(words(row[0]))
        if key in seen:
            found.append(f"line {number}: the same words as line {seen[key]}")
        seen[key] = number
        if row[2] != "elsewhere" and not 3 <= len(row[0].split()) <= 40:
            found.append(f"line {number}: not 3 to 40 words")
    if found:
        return found
    for name in SPLITS:
        counts = Counter(label for _, label, where in rows if where == name)
        total = sum(counts.values())
        if total and abs(counts["positive"] / total - 0.5) > 0.02:
            found.append(f"{name}: unbalanced, {dict(counts)}")
    if split(rows) != rows:
        found.append("the split column does not follow from the texts: run with --split")
    return found


def parts():
    """{'train', 'dev', 'test', 'elsewhere': [(text, 0 or 1)]}; dev is held out of train."""
    rows = read()
    train = [row for row in rows if row[2] == "train"]
    dev = chosen([row[0] for row in train], DEV_SHARE, "dev")
    out = {
        "train": [row for row, d in zip(train, dev) if not d],
        "dev": [row for row, d in zip(train, dev) if d],
    }
    for name in ["test", "elsewhere"]:
        out[name] = [row for row in rows if row[2] == name]
    return {k: [(text, LABELS.index(label)) for text, label, _ in v] for k, v in out.items()}


def more():
    """[(text, 0 or 1)] of sentiment_more.tsv without what is near a sentence of dev, test, elsewhere,
    by the measure of `groups`, or is a part of one."""
    every = parts()
    held_out = [words(text) for name in ["dev", "test", "elsewhere"] for text, _ in every[name]]
    sets = [frozenset(own) for own in held_out]
    joint = " | ".join(" ".join(own) for own in held_out)
    out = []
    for line in MORE.read_text(encoding="utf-8").splitlines()[1:]:
        text, label = line.split("\t")
        own = frozenset(words(text))
        near = any(len(own & other) / len(own | other) >= NEAR for other in sets)
        if not near and " ".join(words(text)) not in joint:
            out.append((text, LABELS.index(label)))
    return out


def phrases():
    """[negative phrases, positive phrases] without those that a held-out sentence contains."""
    held_out = " | ".join(" ".join(words(row[0])) for row in read() if row[2] != "train")
    out = [[], []]
    for line in PHRASES.read_text(encoding="utf-8").splitlines()[1:]:
        text, label = line.split("\t")
        key = " ".join(words(text))
        if " " not in key or key not in held_out:
            out[LABELS.index(label)].append(text)
    return out


def main():
    if "--split" in sys.argv[1:]:
        write(split(read()))
    rows = read()
    found = problems(rows)
    for line in found[:20]:
        print(line)
    for (where, label), n in sorted(Counter((row[2], row[1]) for row in rows).items()):
        print(f"{where:10} {label:9} {n}")
    lengths = sorted(len(row[0].split()) for row in rows if row[2] != "elsewhere")
    print(f"words in a sentence: {lengths[0]} to {lengths[-1]}, median {lengths[len(lengths) // 2]}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
