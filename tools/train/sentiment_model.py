"""The sentiment classifier's models: teachers, the adapter, and the adapter's folder.

The head is BertForSequenceClassification's: pooler over [CLS], then a linear layer. Frozen weights
are the int8 base's values, because those are what the adapter will run on. PEFT itself builds the
adapter, so that names and meaning of its tensors are PEFT's.
"""
import json
from pathlib import Path

import torch
from mlm_model import dequantized
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from sentiment_data import LABELS
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification
from transformers.utils import logging

logging.set_verbosity_error()  # it reports the head as missing, which it is

TARGETS = ["query", "key", "value", "dense"]  # "dense" names the pooler's layer too
MAX_TOKENS = 256
SIZES = ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
         "intermediate_size", "hidden_act", "max_position_embeddings", "type_vocab_size",
         "layer_norm_eps", "pad_token_id", "hidden_dropout_prob", "attention_probs_dropout_prob",
         "initializer_range"]


def tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder)


def classifier(folder, dropout=0.1):
    """BertForSequenceClassification over a folder's weights, int8 or float, with a new head."""
    config = BertConfig.from_pretrained(folder, num_labels=len(LABELS))
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
    config._attn_implementation = "eager"  # the fused one is slow for short rows in bf16
    model = BertForSequenceClassification(config)
    tensors = dequantized(load_file(Path(folder) / "model.safetensors"))
    tensors.pop("embeddings.position_ids", None)
    left = model.bert.load_state_dict(tensors, strict=False)
    if left.unexpected_keys or any("weight" in name for name in left.missing_keys):
        raise ValueError(f"{folder} is not a BERT encoder with a pooler: {left}")
    return model


def teacher(folder, dropout=0.1):
    """The whole encoder is trained, except the word embeddings."""
    model = classifier(folder, dropout)
    model.bert.embeddings.word_embeddings.requires_grad_(False)
    return model


def student(folder, rank, alpha, dropout=0.1):
    """LoRA on every linear layer, the pooler's included, and the classifier."""
    config = LoraConfig(task_type="SEQ_CLS", r=rank, lora_alpha=alpha, target_modules=TARGETS,
                        lora_dropout=dropout, bias="none")
    return get_peft_model(classifier(folder, dropout), config)


def trained(model):
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def put_trained(model, tensors):
    with torch.no_grad():
        for name, p in trained(model).items():
            p.copy_(tensors[name])


def begin_from_teacher(model, tensors, base):
    """A student that is as near a teacher as its rank allows: of what the teacher changed in each
    linear layer, the largest singular values; and the teacher's classifier."""
    before = dict(classifier(base).named_parameters())
    with torch.no_grad():
        for name, module in model.named_modules():
            if "default" not in getattr(module, "lora_A", {}):
                continue
            name = name.removeprefix("base_model.model.") + ".weight"
            down, up = module.lora_A["default"].weight, module.lora_B["default"].weight
            left, values, right = torch.linalg.svd(tensors[name] - before[name], full_matrices=False)
            root = values[: len(down)].sqrt()
            down.copy_(root[:, None] * right[: len(down)])
            up.copy_(left[:, : len(down)] * root / module.scaling["default"])
        for name, p in trained(model).items():
            own = name.removeprefix("base_model.model.").replace(".modules_to_save.default", "")
            if own in tensors:
                p.copy_(tensors[own])


def batches(lengths, size, generator=None):
    """Lists of indices of like lengths, in random order when a generator is given."""
    n = len(lengths)
    order = torch.randperm(n, generator=generator).tolist() if generator else list(range(n))
    block = size * 8 if generator else n or 1
    out = []
    for start in range(0, n, block):
        part = sorted(order[start : start + block], key=lambda i: lengths[i])
        out += [part[i : i + size] for i in range(0, len(part), size)]
    if generator:
        out = [out[i] for i in torch.randperm(len(out), generator=generator).tolist()]
    return out


def encode(tok, texts):
    return tok(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")


def logits(model, tok, texts, size=64):
    """[texts, 2] in float32, without dropout."""
    model.eval()
    out = torch.zeros(len(texts), len(LABELS))
    with torch.no_grad():
        for rows in batches([len(text) for text in texts], size):
            out[rows] = model(**encode(tok, [texts[i] for i in rows])).logits.float()
    return out


def export(model, folder, base, limit):
    """Write the adapter's folder, all tensors as F16; raises when it is over `limit` bytes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = Path(base).resolve().name
    tensors = get_peft_model_state_dict(model, save_embedding_layers=False)
    tensors = {k: v.detach().half().contiguous() for k, v in tensors.items()}
    file = folder / "adapter_model.safetensors"
    save_file(tensors, file, metadata={"format": "pt"})
    file.chmod(0o644)

    settings = model.peft_config["default"]
    settings.inference_mode = True
    settings.target_modules = sorted(settings.target_modules)
    settings.base_model_name_or_path = name
    settings.save_pretrained(folder)

    base_config = json.loads((Path(base) / "config.json").read_text())
    config = {"architectures": ["BertForSequenceClassification"], "model_type": "bert"}
    config |= {key: base_config[key] for key in SIZES if key in base_config}
    config |= {
        "id2label": {str(i): label for i, label in enumerate(LABELS)},
        "label2id": {label: i for i, label in enumerate(LABELS)},
        "problem_type": "single_label_classification",
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")

    size = sum(f.stat().st_size for f in folder.iterdir())
    if size > limit:
        raise ValueError(f"{folder} has {size} bytes, more than {limit}")
    return size


def load(base, folder):
    """The exported adapter as PEFT loads it, over an int8 or a float base."""
    return PeftModel.from_pretrained(classifier(base), str(folder)).eval()
