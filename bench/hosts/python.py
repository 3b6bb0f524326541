"""A contender's process in Python: PyTorch, and the Rust tokenizers.

Speaks the same calls as host.js, a line of JSON each way.
"""

import json
import os
import sys
import time


def now():
    return time.perf_counter() * 1000


class Torch:
    """The float model in PyTorch: padded ids in, mean-pooled unit vectors out."""

    def __init__(self, options):
        import torch
        from transformers import BertModel

        self.torch = torch
        self.BertModel = BertModel
        torch.set_num_threads(options["threads"])
        torch.set_num_interop_threads(1)
        self.options = options
        self.inputs = {}

    def load(self):
        self.model = self.BertModel.from_pretrained(self.options["model"], add_pooling_layer=False)
        self.model.eval()

    def batches(self, name, workload):
        if name not in self.inputs:
            rows = workload["ids"]
            size = 32 if name == "corpus" else len(rows)
            made = []
            for begin in range(0, len(rows), size):
                batch = rows[begin : begin + size]
                length = max(map(len, batch))
                ids = [row + [0] * (length - len(row)) for row in batch]
                mask = [[1] * len(row) + [0] * (length - len(row)) for row in batch]
                made.append(tuple(self.torch.tensor(x) for x in (ids, mask)))
            self.inputs[name] = made
        return self.inputs[name]

    def embed(self, ids, mask):
        with self.torch.inference_mode():
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).to(hidden.dtype)
            pooled = (hidden * weights).sum(1) / weights.sum(1)
            return self.torch.nn.functional.normalize(pooled)

    def run(self, name, workload):
        for ids, mask in self.batches(name, workload):
            result = self.embed(ids, mask)
        return result

    def vectors(self, name, workload):
        batches = self.batches(name, workload)
        first, last = self.embed(*batches[0]), self.embed(*batches[-1])
        return [first[0].tolist(), last[-1].tolist()]


class Tokenizers:
    """The Rust tokenizers on one thread, by their fastest call."""

    def __init__(self, options):
        import tokenizers

        self.tokenizers = tokenizers
        self.options = options

    def load(self):
        self.tokenizer = self.tokenizers.Tokenizer.from_file(self.options["model"] + "/tokenizer.json")
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def run(self, name, workload):
        texts = workload["texts"]
        for begin in range(0, len(texts), 1000):
            result = self.tokenizer.encode_batch_fast(texts[begin : begin + 1000])
        return result

    def vectors(self, name, workload):
        texts = workload["texts"]
        return [self.tokenizer.encode(text).ids for text in (texts[0], texts[-1])]


ADAPTERS = {"torch": Torch, "tokenizers": Tokenizers}


class Host:
    def __init__(self):
        self.workloads = {}
        self.last_times = {}

    def setWorkloads(self, argument):
        self.workloads.update(argument["workloads"])

    def run(self, name):
        return self.contender.run(name, self.workloads[name])

    def open(self, argument):
        start = now()
        self.contender = ADAPTERS[argument["adapter"]](argument["options"])
        imported = now()
        self.contender.load()
        loaded = now()
        if argument.get("first"):
            self.run(argument["first"])
        times = {"import": imported - start, "load": loaded - imported, "first": now() - loaded}
        return {"times": times, "memoryAfterLoad": None}

    def warm(self, argument):
        workload, start, done = argument["workload"], now(), 0
        most = argument.get("mostMs", float("inf"))
        while done < argument["calls"] or now() - start < argument["ms"]:
            if done > 0 and now() - start > most:
                break
            before = now()
            self.run(workload)
            self.last_times[workload] = now() - before
            done += 1

    def measure(self, argument):
        workload, slice_ms = argument["workload"], argument["sliceMs"]
        per_call = self.last_times.get(workload)
        if per_call is None or per_call <= slice_ms:
            before = now()
            self.run(workload)
            took = now() - before
            per_call = min(per_call, took) if per_call else took
        calls = max(1, round(argument["sampleMs"] / max(per_call, 0.01)))
        samples, start = [], now()
        while True:
            before = now()
            for _ in range(calls):
                self.run(workload)
            samples.append((now() - before) / calls)
            if now() - start + per_call * calls >= slice_ms:
                break
        self.last_times[workload] = samples[-1]
        return samples

    def vectors(self, argument):
        name = argument["workload"]
        return self.contender.vectors(name, self.workloads[name])

    def memory(self, _):
        return None

    def describe(self, _):
        return {}

    def close(self, _):
        return None


def main():
    # Whatever a library prints must not disturb the conversation.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    host = Host()
    for line in sys.stdin:
        message = json.loads(line)
        try:
            result = getattr(host, message["method"])(message["argument"])
            answer = {"id": message["id"], "result": result}
        except Exception as error:  # reported to the parent, which decides
            answer = {"id": message["id"], "error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if message["method"] == "close":
            return


main()
