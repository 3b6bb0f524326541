"""Batches and masks. Both depend on the seed, the epoch and the step only, so that training
resumes without a saved random state."""
import json

import numpy as np
import torch
from tokenizers import Tokenizer

# How often a line of each kind is in one epoch, on average.
WEIGHTS = {
    "gloss": 1.0, "definition": 1.0, "example": 1.0, "headed": 0.5, "relation": 0.5,
    "frame": 1.0, "bible": 0.35, "novel": 0.5,
}


class Vocabulary:
    def __init__(self, folder):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.size = self.tokenizer.get_vocab_size()
        self.tokens = tokens = [self.tokenizer.id_to_token(i) for i in range(self.size)]
        self.inner = np.array([t.startswith("##") for t in tokens])
        self.word = np.array([t.isalpha() and t.isascii() for t in tokens])
        self.first = next(i for i, t in enumerate(tokens) if i > 103 and t.isalpha())  # no mark
        self.cls, self.sep, self.mask = (tokens.index(t) for t in ("[CLS]", "[SEP]", "[MASK]"))

    def rows(self, lines):
        body = np.stack(lines).astype(np.int64)
        edge = np.ones((len(lines), 1), np.int64)
        return np.concatenate([edge * self.cls, body, edge * self.sep], 1)


class Corpus:
    def __init__(self, path):
        data = np.load(path)
        self.ids, self.sizes = data["ids"], data["sizes"]
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.kinds = data["kinds"]
        names = [str(k) for k in data["kind_names"]]
        self.weights = np.array([WEIGHTS[k] for k in names])[self.kinds]
        self.held = [(kind, text) for kind, text in json.loads(str(data["held"]))]

    def line(self, i):
        return self.ids[self.starts[i] : self.starts[i] + self.sizes[i]]

    def log_frequencies(self, size):
        counts = np.bincount(self.ids, minlength=size) + 0.3
        return np.log(counts / counts.sum())

    def plan(self, seed, epoch, batch_tokens):
        """The epoch's batches: lists of lines of one length, batch_tokens tokens or fewer."""
        rng = np.random.default_rng([seed, epoch])
        times = np.floor(self.weights + rng.random(len(self.weights))).astype(int)
        chosen = rng.permutation(np.repeat(np.arange(len(times)), times))
        batches = []
        order = chosen[np.argsort(self.sizes[chosen], kind="stable")]
        for lines in np.split(order, np.flatnonzero(np.diff(self.sizes[order])) + 1):
            most = max(1, batch_tokens // (self.sizes[lines[0]] + 2))
            batches += [lines[i : i + most] for i in range(0, len(lines), most)]
        return [batches[i] for i in rng.permutation(len(batches))]


def masked(rows, vocabulary, rng, share, whole_words, random_share=0.1, same_share=0.1):
    """(inputs, where): a share of each row's tokens is hidden; in a share of the rows all pieces
    of a word together. Some of them are a random token or themselves instead of [MASK]."""
    inside = np.zeros(rows.shape, bool)
    inside[:, 1:-1] = True
    chance = rng.random(rows.shape)
    joined = np.cumsum(~vocabulary.inner[rows], 1)  # a word's pieces have one number
    by_word = np.take_along_axis(chance, joined % rows.shape[1], 1)
    together = rng.random((len(rows), 1)) < whole_words
    chance = np.where(inside, np.where(together, by_word, chance), 2)
    chosen = chance < np.maximum(share, chance.min(1, keepdims=True) + 1e-12)
    kind = rng.random(rows.shape)
    noise = rng.integers(vocabulary.first, vocabulary.size, rows.shape)
    inputs = np.where(chosen, vocabulary.mask, rows)
    inputs = np.where(chosen & (kind < random_share), noise, inputs)
    inputs = np.where(chosen & (kind > 1 - same_share), rows, inputs)
    return inputs, chosen


IGNORED = -100  # cross_entropy's label for rows that don't count


def as_tensors(inputs, where, rows, multiple=1):
    """Ids, flat positions of hidden tokens, their labels; their number is rounded up to a
    multiple, since matrix products in few different shapes need fewer kernels made for them."""
    flat = np.flatnonzero(where)
    more = -len(flat) % multiple
    labels = np.concatenate([rows.ravel()[flat], np.full(more, IGNORED)])
    flat = np.concatenate([flat, np.zeros(more, np.int64)])
    return torch.from_numpy(inputs), torch.from_numpy(flat), torch.from_numpy(labels)
