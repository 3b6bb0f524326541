"""Train the sentiment adapter of the embedded model (see the model card in its folder).

    python sentiment.py teach    --base BASE --work WORK --seed 1      (again with 2, 3, …)
    python sentiment.py label    --base BASE --work WORK
    python sentiment.py train    --base BASE --work WORK
    python sentiment.py export   --base BASE --work WORK --out FOLDER
    python sentiment.py evaluate --base BASE --adapter FOLDER [--float FLOAT] [--errors test]
    python sentiment.py fixture  --base BASE --adapter FOLDER --float FLOAT --out FILE

Teachers are the whole encoder trained on the sentences and on patterns; they label a pool of texts made of the
training part; the adapter learns from the pool. `teach` and `train` keep a checkpoint of each epoch
and go on from it; with --minutes they end after an epoch that reaches that time, with exit code 75
while there is more to do. Nothing of `test` and `elsewhere` is read before `evaluate`.
"""
import argparse
import json
import random
import re
import sys
import time
from pathlib import Path

import sentiment_data as data
import sentiment_model as models
import sentiment_patterns as patterns
import torch
from torch.nn import functional

UNFINISHED = 75
LIMIT = 680_000
HARD_SHARE = 0.4  # of the adapter's loss, the part that the written labels have
TEMPERATURE = 2.0
NEGATIONS = set("not no never nobody none nothing nowhere neither nor without hardly cannot".split())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=["teach", "label", "train", "export", "evaluate", "fixture"])
    parser.add_argument("--base", required=True, help="the int8 base's folder, or a float one")
    parser.add_argument("--work", type=Path, help="folder of checkpoints")
    parser.add_argument("--out", help="folder to write the adapter to")
    parser.add_argument("--adapter", help="folder to read the adapter from")
    parser.add_argument("--float", help="the float base's folder, to compare with")
    parser.add_argument("--errors", help="list this part's errors")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--rank", type=int, default=7)
    parser.add_argument("--pool", type=int, default=24000, help="how many texts teachers label")
    parser.add_argument("--begin-from-teacher", type=int, help="train: begin near the teacher of this seed")
    parser.add_argument("--name", default="adapter", help="the checkpoint's name")
    return parser.parse_args()


def phrase_texts(rng, phrases, count):
    """One to three phrases of one label; as many texts of each label."""
    out = []
    for i in range(count):
        label = i % 2
        joint = rng.choice([", ", ". ", " and "])
        out.append((joint.join(rng.sample(phrases[label], rng.randint(1, 3))), label))
    return out


def joined(rng, rows, label):
    """Two to four sentences of one label: what a review of several sentences is like."""
    same = [text for text, own in rows if own == label]
    return " ".join(rng.sample(same, rng.randint(2, 4))), label


def without_end(rng, text):
    return text.rstrip(".!") if rng.random() < 0.15 else text


def epoch_texts(rng, rows, phrases):
    """What a teacher sees in one epoch: every sentence, some with more of its label, and phrases."""
    out = []
    for text, label in rows:
        if rng.random() < 0.15:
            text = text + " " + joined(rng, rows, label)[0]
        out.append((without_end(rng, text), label))
    return out + phrase_texts(rng, phrases, 1000) + patterns.texts(rng, 600)


def pool_texts(rng, rows, phrases, count):
    """[(text, label, or -1 where only the teachers know)] made of the training part."""
    out = [(text, label) for text, label in rows]
    out += phrase_texts(rng, phrases, 1200) + patterns.texts(rng, 1500)
    clauses = [c.strip() for text, _ in rows for c in re.split(r"(?<=[,;:.!?]) ", text)]
    clauses = [c for c in clauses if 3 <= len(c.split())]
    while len(out) < count:
        kind = rng.random()
        if kind < 0.35:
            out.append(joined(rng, rows, rng.randint(0, 1)))
        elif kind < 0.55:
            out.append((" ".join(rng.choice(rows)[0] for _ in range(rng.randint(2, 3))), -1))
        elif kind < 0.8:
            out.append((rng.choice(clauses), -1))
        else:
            parts = rng.sample(clauses, 2)
            out.append((parts[0].rstrip(".!?,;:") + rng.choice([", but ", ", and ", ". "]) + parts[1], -1))
    return [(without_end(rng, text), label) for text, label in out]


def figures(model, tok, rows):
    """Accuracy and cross entropy."""
    scores = models.logits(model, tok, [text for text, _ in rows])
    labels = torch.tensor([label for _, label in rows])
    right = (scores.argmax(1) == labels).float().mean().item()
    return right, functional.cross_entropy(scores, labels).item()


def fit(args, path, model, tok, texts_of, loss_of, epochs, rate, decay):
    """Train, keep the epoch that is best on dev, resume from `path`."""
    dev = data.parts()["dev"]
    parameters = list(models.trained(model).values())
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
    state = {"epoch": 0, "best": None, "dev": (0.0, 1e9)}
    if path.exists():
        state = torch.load(path, weights_only=False)
        models.put_trained(model, state["last"])
        optimizer.load_state_dict(state["optimizer"])
    began = time.monotonic()
    while state["epoch"] < epochs:
        epoch = state["epoch"]
        torch.manual_seed(args.seed * 1000 + epoch)
        rows = texts_of(random.Random(args.seed * 1000 + epoch))
        order = models.batches([len(row[0]) for row in rows], 32, torch.Generator().manual_seed(args.seed + epoch))
        steps = epochs * len(order)
        model.train()
        total = 0.0
        for i, numbers in enumerate(order):
            step = epoch * len(order) + i
            factor = min((step + 1) / (0.08 * steps), 0.02 + 0.98 * (1 - step / steps))
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            batch = [rows[n] for n in numbers]
            with torch.autocast("cpu", torch.bfloat16):
                scores = model(**models.encode(tok, [row[0] for row in batch])).logits
            loss = loss_of(scores.float(), batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            total += loss.item()
        right, entropy = figures(model, tok, dev)
        print(f"epoch {epoch + 1}: loss {total / len(order):.3f}, dev accuracy {right:.4f}, "
              f"cross entropy {entropy:.3f}, {time.monotonic() - began:.0f} s", flush=True)
        state["last"] = {k: v.detach().clone() for k, v in models.trained(model).items()}
        if (right, -entropy) > (state["dev"][0], -state["dev"][1]):
            state["best"], state["dev"] = state["last"], (right, entropy)
        state |= {"epoch": epoch + 1, "optimizer": optimizer.state_dict()}
        torch.save(state, path)
        if (time.monotonic() - began) / 60 >= args.minutes and state["epoch"] < epochs:
            sys.exit(UNFINISHED)
    print(f"best on dev: accuracy {state['dev'][0]:.4f}, cross entropy {state['dev'][1]:.3f}")


def teach(args):
    tok = models.tokenizer(args.base)
    torch.manual_seed(args.seed)
    model = models.teacher(args.base)
    rows, phrases = data.parts()["train"] + data.more(), data.phrases()

    def loss_of(scores, batch):
        labels = torch.tensor([row[1] for row in batch])
        return functional.cross_entropy(scores, labels, label_smoothing=0.05)

    fit(args, args.work / f"teacher-{args.seed}.pt", model, tok,
        lambda rng: epoch_texts(rng, rows, phrases), loss_of, args.epochs or 5, args.rate or 1e-4, 0.01)


def label(args):
    """The mean of the teachers' log probabilities for every text of the pool."""
    tok = models.tokenizer(args.base)
    sentences = data.parts()["train"] + data.more()
    rows = pool_texts(random.Random(args.seed), sentences, data.phrases(), args.pool)
    texts = [text for text, _ in rows]
    dev = data.parts()["dev"]
    teachers = sorted(args.work.glob("teacher-*.pt"))
    total, on_dev = 0, 0
    for path in teachers:
        model = models.teacher(args.base)
        models.put_trained(model, torch.load(path, weights_only=False)["best"])
        with torch.autocast("cpu", torch.bfloat16):
            total = total + models.logits(model, tok, texts).log_softmax(1)
            on_dev = on_dev + models.logits(model, tok, [text for text, _ in dev]).log_softmax(1)
        print(f"{path.name}: labelled {len(texts)} texts", flush=True)
    right = (on_dev.argmax(1) == torch.tensor([own for _, own in dev])).float().mean().item()
    print(f"{len(teachers)} teachers together: dev accuracy {right:.4f}")
    soft = (total / len(teachers)).tolist()
    torch.save([(text, own, s) for (text, own), s in zip(rows, soft)], args.work / "pool.pt")


def train(args):
    tok = models.tokenizer(args.base)
    torch.manual_seed(args.seed)
    model = models.student(args.base, args.rank, 2 * args.rank, dropout=0.05)
    if args.begin_from_teacher:
        path = args.work / f"teacher-{args.begin_from_teacher}.pt"
        models.begin_from_teacher(model, torch.load(path, weights_only=False)["best"], args.base)
    pool = torch.load(args.work / "pool.pt", weights_only=False)

    def loss_of(scores, batch):
        soft = torch.tensor([row[2] for row in batch]).div(TEMPERATURE).softmax(1)
        loss = -(soft * (scores / TEMPERATURE).log_softmax(1)).sum(1) * TEMPERATURE
        labels = torch.tensor([row[1] for row in batch])
        hard = functional.cross_entropy(scores, labels.clamp(min=0), reduction="none", label_smoothing=0.05)
        share = HARD_SHARE * (labels >= 0)
        return (share * hard + (1 - share) * loss).mean()

    fit(args, args.work / f"{args.name}.pt", model, tok, lambda rng: pool, loss_of,
        args.epochs or 6, args.rate or 2e-3, 0.01)


def export(args):
    model = models.student(args.base, args.rank, 2 * args.rank, dropout=0.05)
    models.put_trained(model, torch.load(args.work / f"{args.name}.pt", weights_only=False)["best"])
    print(f"{models.export(model, args.out, args.base, LIMIT)} bytes")


def kinds(text):
    """What a sentence is counted under, beside its part."""
    words = data.words(text)
    found = []
    if any(word in NEGATIONS or word.endswith("n't") for word in words):
        found.append("negated")
    if len(words) <= 5:
        found.append("short, up to 5 words")
    if len(words) >= 18:
        found.append("long, from 18 words")
    if re.search(r"[.!?] \S", text):
        found.append("several sentences")
    return found


def shares(name, rows, scores):
    labels = torch.tensor([label for _, label in rows])
    right = scores.argmax(1) == labels
    entropy = functional.cross_entropy(scores, labels).item()
    print(f"{name:24} {len(rows):5} texts, accuracy {right.float().mean():.4f}, cross entropy {entropy:.3f}")
    return right


def evaluate(args):
    tok = models.tokenizer(args.base)
    model = models.load(args.base, args.adapter)
    exact = models.load(args.float, args.adapter) if args.float else None
    parts = data.parts()
    for name in ["dev", "test", "elsewhere"]:
        rows = parts[name]
        texts = [text for text, _ in rows]
        scores = models.logits(model, tok, texts)
        right = shares(name, rows, scores)
        if exact:
            others = models.logits(exact, tok, texts)
            shares("  over the float base", rows, others)
            print(f"  the same label: {(others.argmax(1) == scores.argmax(1)).float().mean():.4f}")
        for kind in sorted({kind for text in texts for kind in kinds(text)} if name == "test" else []):
            chosen = [i for i, text in enumerate(texts) if kind in kinds(text)]
            shares(f"  {kind}", [rows[i] for i in chosen], scores[chosen])
        if args.errors == name:
            for (text, own), score, good in zip(rows, scores.softmax(1), right):
                if not good:
                    print(f"{data.LABELS[own]} {score[own].item():.2f}: {text}")


def fixture(args):
    """PyTorch's logits of the held-out sentences, in the order of sentiment.tsv, for the tests."""
    tok = models.tokenizer(args.base)
    out = {"labels": data.LABELS}
    for key, base in [("int8", args.base), ("float", args.float)]:
        model = models.load(base, args.adapter)
        for name in ["test", "elsewhere"]:
            scores = models.logits(model, tok, [text for text, _ in data.parts()[name]])
            out.setdefault(key, {})[name] = [[round(x, 4) for x in row] for row in scores.tolist()]
    Path(args.out).write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    options = arguments()
    torch.set_num_threads(options.threads)
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
    commands = [teach, label, train, export, evaluate, fixture]
    {command.__name__: command for command in commands}[options.command](options)
