"""What the adapter is judged by: held-out lines of WordNet, and sentences with one gap."""
import numpy as np
import torch

import corpus
import mlm_data
import mlm_model

EVAL_SEED = 7
SHARE = 0.15


def held_out_batches(lines, vocabulary, count, other):
    """Fixed masks: 15 % of the tokens (at least one a line), of which the share `other` becomes
    a random token, as large a share stays, and the rest is [MASK]."""
    rng = np.random.default_rng(EVAL_SEED)
    chosen = [lines[i] for i in rng.permutation(len(lines))[:count]]
    by_size = {}
    for e in vocabulary.tokenizer.encode_batch(chosen, add_special_tokens=False):
        ids = e.ids[: corpus.LONGEST]
        by_size.setdefault(len(ids), []).append(ids)
    for ids in by_size.values():
        rows = vocabulary.rows(ids)
        inputs, where = mlm_data.masked(rows, vocabulary, rng, SHARE, 0, other, other)
        yield inputs, where, rows


@torch.no_grad()
def hidden_tokens(model, lines, vocabulary, count, other=0):
    """Shares of hidden tokens that are first, or in the first five, of the model's list."""
    found = []
    for inputs, where, rows in held_out_batches(lines, vocabulary, count, other):
        ids, at, labels = mlm_data.as_tensors(inputs, where, rows)
        hidden = mlm_model.hidden_states(model, ids).flatten(0, 1)[at]
        logits = mlm_model.scores(model, hidden).float()
        loss = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        hits = logits.topk(5).indices == labels[:, None]
        # a word alone: letters, and not continued by a piece
        alone = vocabulary.word[rows] & ~np.roll(vocabulary.inner[rows], -1, 1)
        found.append(np.stack([hits[:, 0], hits.any(1), loss, alone[where]]))
    top1, top5, loss, alone = np.concatenate(found, 1)
    words = alone.astype(bool)
    return {"count": len(top1), "loss": loss.mean(), "top1": top1.mean(), "top5": top5.mean(),
            "words_top1": top1[words].mean(), "words_top5": top5[words].mean()}


# The parts of all figures: a prefix, the lines' kind, the share of other replacements than [MASK].
GLOSS = [("", "gloss", 0)]
ALL = GLOSS + [("standard_", "gloss", 0.1), ("definition_", "definition", 0),
               ("example_", "example", 0)]


def held_out(model, held, vocabulary, count=None, parts=GLOSS):
    """The figures of hidden_tokens for whole glosses, and for other parts by their prefix."""
    figures = {}
    for prefix, kind, other in parts:
        lines = [text for k, text in held if k == kind]
        part = hidden_tokens(model, lines, vocabulary, count, other)
        figures |= {prefix + k: round(float(v), 4) for k, v in part.items()}
    return figures


@torch.no_grad()
def cloze(model, rows, vocabulary):
    """(share answered in the first five, share whose first is a word of the sentence, lists)."""
    lists, answered, echoed = [], 0, 0
    for sentence, accepted in rows:
        ids = vocabulary.tokenizer.encode(sentence).ids
        hidden = mlm_model.hidden_states(model, torch.tensor([ids]))[0, ids.index(vocabulary.mask)]
        top = mlm_model.scores(model, hidden[None]).float()[0].topk(5).indices
        words = [vocabulary.tokens[i] for i in top]
        answered += any(w in accepted for w in words)
        echoed += len(words[0]) > 3 and int(top[0]) in ids
        lists.append((sentence, words, any(w in accepted for w in words)))
    return answered / len(lists), echoed / len(lists), lists
