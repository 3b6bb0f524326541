"""The text the masked-LM adapter learns from, out of Debian packages, as token ids in one file.

    wordnet-base        glosses, examples, relations made into sentences   WordNet 3.0 licence
    sword-text-web      the World English Bible                            public domain
    r-cran-janeaustenr  Jane Austen's six novels (package: MIT)            public domain

`python corpus.py --root UNPACKED --tokenizer FOLDER --out corpus.npz` reads packages unpacked
by `dpkg -x PACKAGE UNPACKED`; packages that are missing but wordnet-base are left out.
"""
import argparse
import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

import wordnet

WORDNET = "usr/share/wordnet"
BIBLE = "usr/share/sword/modules/texts/ztext"
NOVELS = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
SEED = 20
HELD_OUT_PERCENT = 2.0
WINDOW = 96  # tokens of running text in one line
LONGEST = 126


def sentences_of(text):
    return re.split(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(A-Z])", text)


def bible_lines(root):
    """SWORD's zText: .bzs lists (offset, size, plain size) of deflated books in .bzz."""
    for part in sorted((root / BIBLE).glob("*/*.bzs")):
        books = part.with_suffix(".bzz").read_bytes()
        for offset, size, _ in struct.iter_unpack("<III", part.read_bytes()):
            text = zlib.decompress(books[offset : offset + size]).decode("utf-8", "replace")
            text = re.sub(r"<note\b.*?</note>|<title\b.*?</title>", "", text, flags=re.S)
            for paragraph in re.split(r"<[^>]*type=\"x-p\"[^>]*>|<p>|</p>|\x00", text):
                paragraph = " ".join(re.sub(r"<[^>]+>", " ", paragraph).split())
                paragraph = re.sub(r" ([,.;:!?])", r"\1", paragraph)
                if len(paragraph) > 20:
                    yield paragraph


def novel_lines(root):
    """R's lazy-load file: (size, zlib stream) records; a text is its serialized CHARSXPs."""
    data = (root / NOVELS).read_bytes()
    while len(data) > 4:
        stream = zlib.decompressobj()
        record = stream.decompress(data[4:])
        data = stream.unused_data
        lines, at = [], 0
        for match in re.finditer(rb"\x00[\x04\x00]\x00\x09(....)", record, re.S):
            size = struct.unpack(">I", match[1])[0]
            if match.start() >= at and size < 200:
                at = match.end() + size
                lines.append(record[match.end() : at].decode("utf-8", "replace"))
        for paragraph in "\n".join(lines).split("\n\n"):
            paragraph = " ".join(paragraph.replace("_", "").replace("--", " - ").split())
            if len(paragraph) > 40:
                yield paragraph


def normal(text):
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def cloze_rows(path):
    for line in Path(path).read_text().splitlines():
        if line and not line.startswith("#"):
            sentence, accepted = line.split("\t")
            yield sentence, accepted.split(",")


def cloze_patterns(path):
    """Sentences that a cloze row could be filled to: none of them may be trained on."""
    return {tuple(normal(part) for part in s.split("[MASK]")) for s, _ in cloze_rows(path)}


def gives_away(line, patterns):
    line = normal(line)
    return any(line.startswith(head) and line.endswith(tail) for head, tail in patterns)


def windows(paragraphs, tokenizer):
    """Running text in lines of whole sentences, WINDOW tokens at most; long sentences are cut."""
    for paragraph in paragraphs:
        line = []
        for e in tokenizer.encode_batch(sentences_of(paragraph), add_special_tokens=False):
            if line and len(line) + len(e.ids) > WINDOW:
                yield line
                line = []
            line = line + e.ids
            while len(line) > LONGEST:
                yield line[:WINDOW]
                line = line[WINDOW:]
        if len(line) > 4:
            yield line


def wordnet_lines(synsets, folder):
    """(kind, text) of the training part, and of the held-out part.

    A gloss is whole as it stands in WordNet; its definition and examples are lines as well."""
    train, held = [], []
    for s in synsets.values():
        target = held if s.held_out else train
        if s.held_out or s.examples:
            target.append(("gloss", s.gloss))
        if len(s.definition.split()) > 1:
            target.append(("definition", s.definition))
        for number, example in enumerate(s.examples):
            whole = example[-1] in ".!?"
            ended = example if whole or s.held_out or number % 2 else example + "."
            target.append(("example", ended))
        headed = None if s.held_out else wordnet.definition_sentence(s)
        if headed:
            train.append(("headed", headed))
    train += [("relation", t) for t in wordnet.relation_sentences(synsets)]
    train += [("frame", t) for t in wordnet.verb_sentences(folder, synsets)]
    return train, held


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--root", type=Path, required=True, help="where the packages are unpacked")
    p.add_argument("--tokenizer", type=Path, required=True, help="folder with tokenizer.json")
    p.add_argument("--cloze", type=Path, default=Path(__file__).with_name("cloze.tsv"))
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()

    tokenizer = Tokenizer.from_file(str(a.tokenizer / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    folder = a.root / WORDNET
    synsets = wordnet.read_synsets(folder, SEED, HELD_OUT_PERCENT)
    train, held = wordnet_lines(synsets, folder)

    patterns = cloze_patterns(a.cloze)
    seen = {normal(text) for _, text in held}
    kept = []
    for kind, text in train:
        if normal(text) not in seen and not gives_away(text, patterns):
            seen.add(normal(text))
            kept.append((kind, text))
    encoded = tokenizer.encode_batch([t for _, t in kept], add_special_tokens=False)
    lines = [(kind, e.ids[:LONGEST]) for (kind, _), e in zip(kept, encoded)]
    if (a.root / BIBLE).exists():
        lines += [("bible", ids) for ids in windows(bible_lines(a.root), tokenizer)]
    if (a.root / NOVELS).exists():
        lines += [("novel", ids) for ids in windows(novel_lines(a.root), tokenizer)]

    tokens = {}
    for kind, ids in lines:
        have = tokens.setdefault(kind, [0, 0])
        have[0] += 1
        have[1] += len(ids)
    for kind, (count, size) in tokens.items():
        print(f"{kind:12} {count:8} lines {size:9} tokens")
    print(f"{'held out':12} {len(held):8} lines")
    names = list(tokens)
    np.savez_compressed(
        a.out,
        ids=np.concatenate([np.array(ids, np.uint16) for _, ids in lines]),
        sizes=np.array([len(ids) for _, ids in lines], np.int32),
        kinds=np.array([names.index(kind) for kind, _ in lines], np.uint8),
        kind_names=np.array(names),
        held=np.array(json.dumps(held)),
    )


if __name__ == "__main__":
    main()
