"""WordNet 3.0 as Debian's package wordnet-base has it: synsets, and sentences made from them.

The files' format is described in WordNet's manual page wndb(5WN). A synset is in the held-out
part by a seeded hash of its part of speech and offset, so the split depends on nothing else.
"""
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

FILES = {"n": "data.noun", "v": "data.verb", "a": "data.adj", "r": "data.adv"}
TYPES = {1: "n", 2: "v", 3: "a", 4: "r", 5: "a"}  # ss_type of a sense key
HYPERNYM, INSTANCE, ANTONYM, PART_OF, HAS_PART, MADE_OF = "@", "@i", "!", "#p", "%p", "%s"
CAPITAL = re.compile(r"\bcapital (?:and [a-z ]+?)?(?:city )?of (?:the )?((?:[A-Z]\w+ ?)+)")


@dataclass
class Synset:
    key: str
    pos: str
    lemmas: list
    pointers: list
    gloss: str
    definition: str
    examples: list
    held_out: bool = False
    counts: list = field(default_factory=list)

    @property
    def name(self):
        return self.lemmas[0]


def is_held_out(key, seed, percent):
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 10000 < percent * 100


def split_gloss(gloss):
    """A gloss is definitions, then quoted examples, each perhaps with its author."""
    examples = [e.strip(" ;,") for e in re.findall(r'"([^"]+)"', gloss)]
    definition = re.sub(r'"[^"]*"(\s*-+\s*[^;"]+)?', "", gloss)
    definition = re.sub(r"\s+", " ", definition)
    definition = re.sub(r"(\s*[;:,])+\s*$", "", re.sub(r"(;\s*)+;", ";", definition)).strip(" ;-`'")
    return definition, [e for e in examples if len(e.split()) >= 3]


def read_counts(folder):
    """How often each lemma occurs in texts tagged with senses, from cntlist.rev."""
    counts = {}
    for line in (folder / "cntlist.rev").read_text("latin-1").splitlines():
        sense, _, count = line.split()
        lemma, rest = sense.split("%")
        key = (lemma.replace("_", " "), TYPES[int(rest.split(":")[0])])
        counts[key] = counts.get(key, 0) + int(count)
    return counts


def read_synsets(folder, seed, percent):
    folder = Path(folder)
    counts = read_counts(folder)
    synsets = {}
    for pos, name in FILES.items():
        for line in (folder / name).read_text("latin-1").splitlines():
            if line.startswith(" "):
                continue  # the licence stands in the first lines
            data, gloss = line.split(" | ", 1)
            f = data.split()
            words = int(f[3], 16)
            lemmas = [f[4 + 2 * i].replace("_", " ") for i in range(words)]
            lemmas = [re.sub(r"\(\w+\)$", "", lemma) for lemma in lemmas]  # an adjective's place
            at = 5 + 2 * words
            pointers = []
            for i in range(int(f[at - 1])):
                symbol, offset, target_pos, ends = f[at + 4 * i : at + 4 * i + 4]
                source, target = int(ends[:2], 16), int(ends[2:], 16)
                pointers.append((symbol, target_pos.replace("s", "a") + offset, source, target))
            key = pos + f[0]
            definition, examples = split_gloss(gloss.strip())
            s = Synset(key, pos, lemmas, pointers, gloss.strip(), definition, examples)
            s.held_out = is_held_out(key, seed, percent)
            s.counts = [counts.get((lemma.lower(), pos), 0) for lemma in lemmas]
            synsets[key] = s
    return synsets


def article(word):
    if word[0].isupper() or re.match(r"(the|a|an|some|any) ", word):
        return word
    return ("an " if word[0] in "aeiou" else "a ") + word


def definition_sentence(s):
    """A definition with the commonest word it defines, or nothing for rare words."""
    best = max(range(len(s.lemmas)), key=lambda i: s.counts[i])
    if not s.counts[best] and not s.lemmas[best][0].isupper():
        return None
    word = s.lemmas[best]
    if s.pos == "n":
        return f"{article(word)} is {s.definition}."
    if s.pos == "v":
        return f"to {word} is to {s.definition}."
    return f"{word} means {s.definition}."


def ancestors(s, synsets):
    while True:
        up = [synsets[t] for p, t, _, _ in s.pointers if p == HYPERNYM]
        if not up or up[0].held_out:
            return
        s = up[0]
        yield s


def relation_sentences(synsets):
    """Complete sentences from relations between synsets of the training part, common words only."""
    for s in synsets.values():
        if s.held_out:
            continue
        common = max(s.counts) > 0
        best = s.lemmas[max(range(len(s.lemmas)), key=lambda i: s.counts[i])]
        for p, target, i, j in s.pointers:
            t = synsets[target]
            if t.held_out:
                continue
            if p == ANTONYM and i and j:
                a, b = s.lemmas[i - 1], t.lemmas[j - 1]
                yield f"{a} is the opposite of {b}."
                if a < b:
                    yield f"{a} and {b} are opposites."
            elif p == INSTANCE:
                yield f"{best} is {article(t.name)}."
            elif p == PART_OF and s.name[0].isupper() and t.name[0].isupper():
                kind = next((synsets[k] for q, k, _, _ in s.pointers if q == INSTANCE), None)
                yield f"{s.name} is in {t.name}."
                if kind and not kind.held_out:
                    yield f"{s.name} is {article(kind.name)} in {t.name}."
            elif not common or not max(t.counts):
                continue
            elif p == PART_OF:
                yield f"{article(best)} is part of {article(t.name)}."
            elif p == HAS_PART:
                yield f"{article(best)} has {article(t.name)}."
            elif p == MADE_OF:
                yield f"{best} is made of {t.name}."
        if s.pos == "n" and common:
            up = list(ancestors(s, synsets))
            if up:
                yield f"{article(best)} is a kind of {up[0].name}."
                known = next((u for u in up[1:] if max(u.counts) >= 20), None)
                if known:
                    yield f"{article(best)} is {article(known.name)}."
        where = CAPITAL.search(s.definition) if s.name[0].isupper() and s.pos == "n" else None
        if where:
            land = where[1].strip()
            yield f"{s.name} is the capital of {land}."
            yield f"the capital of {land} is {s.name}."


def verb_sentences(folder, synsets):
    """The example frames of verbs: sents.vrb has the sentences, sentidx.vrb which verbs fit."""
    folder = Path(folder)
    verbs = [s for s in synsets.values() if s.held_out and s.pos == "v"]
    held = {lemma.lower() for s in verbs for lemma in s.lemmas}
    frames = {}
    for line in (folder / "sents.vrb").read_text("latin-1").splitlines():
        number, text = line.split(" ", 1)
        frames[number] = text.strip()
    for line in (folder / "sentidx.vrb").read_text("latin-1").splitlines():
        sense, numbers = line.split(" ", 1)
        lemma = sense.split("%")[0].replace("_", " ")
        if lemma in held:
            continue
        for number in re.findall(r"\d+", numbers):
            text = frames[number].replace("%s", lemma)
            yield text if text.endswith((".", "?", "!")) else text + "."
