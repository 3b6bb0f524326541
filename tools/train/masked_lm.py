"""Trains, exports and judges the masked-LM adapter of the embedded model. See README.md.

    python masked_lm.py train --base FOLDER --corpus corpus.npz --work FOLDER --steps 12000
    python masked_lm.py export --base FOLDER --work FOLDER --out models/all-MiniLM-L6-v2-mlm
    python masked_lm.py evaluate --base FOLDER --corpus corpus.npz --adapter FOLDER
    python masked_lm.py unpack --adapter FOLDER --out FOLDER     (F32, for PEFT itself)
"""
import os

# A thread that waits must sleep: beside other programs, spinning costs four fifths of the speed.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import argparse
import ctypes
import json
import signal
import time
from pathlib import Path

import numpy as np
import torch

import corpus as text
import mlm_data
import mlm_metrics
import mlm_model

LIMIT = 7_600_000
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's mallopt
CLOZE = Path(__file__).with_name("cloze.tsv")


def groups(model, a):
    """LoRA factors and the head start from nothing, so they learn faster than the copies."""
    parts = {"lora": [], "head": [], "copies": [], "plain": []}
    for name, p in model.named_parameters():
        if p.requires_grad:
            kind = "lora" if ".lora_" in name else "head" if ".cls." in name else "copies"
            parts["plain" if p.dim() == 1 and kind == "copies" else kind].append(p)
    rates = {"lora": a.lora_rate, "head": a.head_rate, "copies": 1, "plain": 1}
    shrink = {"copies": a.decay_weights}
    return [{"params": ps, "base": a.rate * rates[k], "lr": 0, "weight_decay": shrink.get(k, 0)}
            for k, ps in parts.items() if ps]


def rate_at(step, warmup, decay_start, end):
    """Warm up, stay, decay to nothing in a straight line."""
    if step < warmup:
        return (step + 1) / warmup
    return 1.0 if step < decay_start else max(0.0, (end - step) / (end - decay_start))


class Run:
    def __init__(self, a):
        self.a, self.path = a, a.work / "checkpoint.pt"
        a.work.mkdir(parents=True, exist_ok=True)
        saved = torch.load(self.path, weights_only=True) if self.path.exists() else None
        shape = saved["shape"] if saved else {
            "copied": a.copied, "rank": a.rank, "decoder_rank": a.decoder_rank, "alpha": a.alpha}
        self.shape = shape
        self.model = mlm_model.build(a.base, **shape, seed=a.seed)
        self.vocabulary = mlm_data.Vocabulary(a.base)
        self.corpus = mlm_data.Corpus(a.corpus)
        if saved:
            mlm_model.put_tensors(self.model, saved["tensors"])
        else:
            start = self.corpus.log_frequencies(self.vocabulary.size)
            mlm_model.bias(self.model).data.copy_(torch.from_numpy(start - start.mean()))
        self.optimizer = torch.optim.AdamW(groups(self.model, a), betas=(0.9, 0.98), fused=True)
        # step: updates done; at: the next batch of the epoch; tokens and seconds: spent so far
        self.state = {"step": 0, "epoch": 0, "at": 0, "tokens": 0, "seconds": 0.0,
                      "end": a.steps, "decay_start": int(a.steps * (1 - a.decay_share))}
        if saved:
            self.optimizer.load_state_dict(saved["optimizer"])
            self.state |= saved["state"]
            for group, fresh in zip(self.optimizer.param_groups, groups(self.model, a)):
                group["base"], group["weight_decay"] = fresh["base"], fresh["weight_decay"]
        if a.steps_again:
            self.state["end"] = a.steps
            self.state["decay_start"] = int(a.steps * (1 - a.decay_share))
        if a.decay_from_now:
            self.state["decay_start"] = self.state["step"]
            self.state["end"] = self.state["step"] + a.decay_from_now
        self.stop = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "stop", True))

    def save(self):
        data = {"shape": self.shape, "state": self.state, "optimizer": self.optimizer.state_dict(),
                "tensors": mlm_model.adapter_tensors(self.model)}
        fresh = self.path.with_suffix(".new")
        torch.save(data, fresh)
        os.replace(fresh, self.path)

    def log(self, **figures):
        line = json.dumps({"step": self.state["step"], "tokens": self.state["tokens"],
                           "minutes": round(self.state["seconds"] / 60, 1)} | figures)
        print(line, flush=True)
        with open(self.a.work / "log.jsonl", "a") as f:
            f.write(line + "\n")

    def judge(self, count, parts=mlm_metrics.GLOSS):
        self.model.eval()
        figures = mlm_metrics.held_out(self.model, self.corpus.held, self.vocabulary, count, parts)
        share, echo, _ = mlm_metrics.cloze(
            self.model, list(text.cloze_rows(CLOZE)), self.vocabulary)
        self.model.train()
        self.log(**figures, cloze=round(share, 3), echo=round(echo, 3))

    def learn(self, lines):
        a, s = self.a, self.state
        rng = np.random.default_rng([a.seed, 1, s["step"]])
        torch.manual_seed(a.seed * 1_000_003 + s["step"])
        rows = self.vocabulary.rows([self.corpus.line(i) for i in lines])
        inputs, where = mlm_data.masked(rows, self.vocabulary, rng, a.mask, a.whole_words,
                                        a.random_share, a.same_share)
        ids, at, labels = mlm_data.as_tensors(inputs, where, rows, 32)
        rate = rate_at(s["step"], a.warmup, s["decay_start"], s["end"])
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * rate
        with torch.autocast("cpu", torch.bfloat16):
            hidden = mlm_model.hidden_states(self.model, ids).flatten(0, 1)[at]
            logits = mlm_model.scores(self.model, hidden)
        loss = torch.nn.functional.cross_entropy(logits.float(), labels)
        # a batch smaller than the others counts for as much less
        (loss * min(1.0, rows.size / a.batch * 1.1)).backward()
        torch.nn.utils.clip_grad_norm_(self.optimizer_parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        s["step"] += 1
        s["tokens"] += int(rows.size)
        return float(loss.detach())

    def optimizer_parameters(self):
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def train(self):
        a, s = self.a, self.state
        self.model.train()
        before = time.monotonic()
        saved = judged = said = s["seconds"]
        losses, tokens, since = [], 0, s["seconds"]
        plan = self.corpus.plan(a.seed, s["epoch"], a.batch)
        while s["step"] < s["end"] and not self.stop:
            if s["at"] == len(plan):
                s["epoch"], s["at"] = s["epoch"] + 1, 0
                plan = self.corpus.plan(a.seed, s["epoch"], a.batch)
            have = s["tokens"]
            losses.append(self.learn(plan[s["at"]]))
            s["at"] += 1
            tokens += s["tokens"] - have
            now = time.monotonic()
            s["seconds"], before = s["seconds"] + now - before, now
            if s["seconds"] - said > a.say:
                self.log(loss=round(sum(losses) / len(losses), 3),
                         rate=round(tokens / (s["seconds"] - since)))
                losses, tokens, said, since = [], 0, s["seconds"], s["seconds"]
            if s["seconds"] - saved > a.save:
                self.save()
                saved = s["seconds"]
            if s["seconds"] - judged > a.judge:
                self.judge(a.judge_lines)
                judged = s["seconds"]
        self.save()
        if not self.stop:
            self.judge(None, mlm_metrics.ALL)


def export(a):
    saved = torch.load(a.work / "checkpoint.pt", weights_only=True)
    model = mlm_model.build(a.base, **saved["shape"])
    mlm_model.put_tensors(model, saved["tensors"])
    print(a.out, mlm_model.export(model, a.out, a.base, LIMIT), "bytes", saved["state"])


def evaluate(a):
    model = mlm_model.load_exported(a.adapter, a.base)
    vocabulary = mlm_data.Vocabulary(a.base)
    held = mlm_data.Corpus(a.corpus).held
    share, echo, lists = mlm_metrics.cloze(model, list(text.cloze_rows(CLOZE)), vocabulary)
    for sentence, words, good in lists:
        print("  " if good else "- ", sentence, words)
    figures = mlm_metrics.held_out(model, held, vocabulary, a.lines, mlm_metrics.ALL)
    print(json.dumps(figures | {"cloze": round(share, 3), "echo": round(echo, 3)}, indent=1))


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--threads", type=int, default=2)
    commands = p.add_subparsers(dest="command", required=True)
    t, x, e, u = (commands.add_parser(n) for n in ("train", "export", "evaluate", "unpack"))
    for c in (t, x, e):
        c.add_argument("--base", type=Path, required=True, help="folder of the int8 base model")
    for c in (t, e):
        c.add_argument("--corpus", type=Path, required=True)
    for c in (t, x):
        c.add_argument("--work", type=Path, required=True, help="folder of checkpoint and log")
    for c in (x, u):
        c.add_argument("--out", type=Path, required=True)
    for c in (e, u):
        c.add_argument("--adapter", type=Path, required=True)
    e.add_argument("--lines", type=int, help="judge by so many held-out lines only")
    number, share = dict(type=int), dict(type=float)
    t.add_argument("--copied", type=lambda v: [int(n) for n in v.split(",")], default=[3, 4, 5])
    t.add_argument("--rank", **number, default=16)
    t.add_argument("--decoder-rank", **number, default=16)
    t.add_argument("--alpha", **share, default=2, help="lora_alpha / rank")
    t.add_argument("--steps", **number, default=12000)
    t.add_argument("--steps-again", action="store_true", help="resume with a new --steps")
    t.add_argument("--decay-from-now", **number, help="decay over so many steps, then end")
    t.add_argument("--decay-share", **share, default=0.3)
    t.add_argument("--warmup", **number, default=200)
    t.add_argument("--batch", **number, default=2048, help="tokens")
    t.add_argument("--rate", **share, default=4e-4)
    t.add_argument("--lora-rate", **share, default=3)
    t.add_argument("--head-rate", **share, default=2)
    t.add_argument("--decay-weights", **share, default=0.01)
    t.add_argument("--mask", **share, default=0.15)
    t.add_argument("--whole-words", **share, default=0.3, help="share of rows")
    t.add_argument("--random-share", **share, default=0.1)
    t.add_argument("--same-share", **share, default=0.1)
    t.add_argument("--seed", **number, default=1)
    t.add_argument("--say", **share, default=60, help="seconds between log lines")
    t.add_argument("--save", **share, default=300)
    t.add_argument("--judge", **share, default=900)
    t.add_argument("--judge-lines", **number, default=800)
    return p.parse_args()


def keep_memory():
    """Let malloc keep what a step frees: fresh pages for every tensor cost a tenth of the time."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


if __name__ == "__main__":
    keep_memory()
    a = arguments()
    torch.set_num_threads(a.threads)
    {
        "train": lambda a: Run(a).train(),
        "export": export,
        "evaluate": evaluate,
        "unpack": lambda a: mlm_model.unpack(a.adapter, a.out),
    }[a.command](a)
