"""The masked-LM adapter: how it lies on the int8 base, and its folder (see README.md).

PEFT itself builds the model, so that names and meaning of the adapter's tensors are PEFT's.
Frozen weights are the int8 base's values, because those are what the adapter will run on.
"""
import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from peft.utils import set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM

BIAS = "base_model.model.cls.predictions.bias"
LINEAR = ["attention.self.query", "attention.self.key", "attention.self.value",
          "attention.output.dense", "intermediate.dense", "output.dense"]


def dequantized(tensors):
    """I8 NAME.weight times F32 NAME.weight_scale of its row; everything else as it is."""
    plain = {}
    for name, t in tensors.items():
        if t.dtype == torch.int8:
            plain[name] = t.float() * tensors[name + "_scale"].reshape(-1, 1)
        elif not name.endswith(".weight_scale"):
            plain[name] = t.float() if t.is_floating_point() else t
    return plain


def quantized(w):
    """max |w| of a row / 127, rounded half to even: the format in ARCHITECTURE.md."""
    scale = w.abs().amax(1) / 127
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    return torch.clamp(torch.round(w / scale[:, None]), -127, 127).to(torch.int8), scale


def base_model(folder):
    folder = Path(folder)
    config = BertConfig.from_pretrained(folder)
    config.architectures = ["BertForMaskedLM"]
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0  # few epochs
    config._attn_implementation = "eager"  # the fused one is slow for short rows in bf16
    model = BertForMaskedLM(config)
    tensors = dequantized(load_file(folder / "model.safetensors"))
    tensors = {k: v for k, v in tensors.items() if "pooler" not in k and "position_ids" not in k}
    model.bert.load_state_dict(tensors, strict=False)
    missing = set(model.bert.state_dict()) - set(tensors)
    assert all("position_ids" in name or "token_type_ids" in name for name in missing), missing
    model.tie_weights()
    return model


def lora_config(layers, copied, rank, decoder_rank, alpha):
    """LoRA below the copied layers (all linear layers) and on the decoder; copies above.

    `copied` are the numbers of layers stored whole; rank 0 leaves the lower layers frozen."""
    targets = []
    if rank:
        for n in range(layers):
            if n not in copied:
                targets += [f"bert.encoder.layer.{n}.{name}" for name in LINEAR]
    pattern = {}
    if decoder_rank:
        targets.append("cls.predictions.decoder")
        if decoder_rank != rank:
            pattern = {"cls.predictions.decoder": decoder_rank}
    return LoraConfig(
        r=rank or decoder_rank,
        lora_alpha=alpha * (rank or decoder_rank),
        rank_pattern=pattern,
        alpha_pattern={k: alpha * r for k, r in pattern.items()},
        target_modules=targets,
        modules_to_save=[f"encoder.layer.{n}" for n in copied] + ["cls.predictions.transform"],
        bias="none",
    )


def build(base, copied, rank, decoder_rank, alpha=2, seed=0):
    torch.manual_seed(seed)
    model = base_model(base)
    torch.nn.init.orthogonal_(model.cls.predictions.transform.dense.weight)
    config = lora_config(model.config.num_hidden_layers, copied, rank, decoder_rank, alpha)
    model = get_peft_model(model, config)
    bias(model).requires_grad_(True)
    return model


def bias(model):
    return model.base_model.model.cls.predictions.bias


def hidden_states(model, ids):
    """Rows of ids of one length: nothing is padded, so no attention mask is needed."""
    return model.base_model.model.bert(input_ids=ids)[0]


def scores(model, rows):
    return model.base_model.model.cls(rows)


def adapter_tensors(model):
    """What PEFT would save, and the output bias, in float32."""
    tensors = get_peft_model_state_dict(model, save_embedding_layers=False)
    tensors[BIAS] = bias(model).data
    return {k: v.detach().float().contiguous() for k, v in tensors.items()}


def put_tensors(model, tensors):
    """The inverse of adapter_tensors."""
    set_peft_model_state_dict(model, {k: v for k, v in tensors.items() if k != BIAS})
    with torch.no_grad():
        bias(model).copy_(tensors[BIAS])


def packed(tensors):
    """LoRA factors and the output bias as F16, copied matrices as I8 + F32 row scales."""
    out = {}
    for name, t in tensors.items():
        if ".lora_" in name or name == BIAS:
            out[name] = t.half()
        elif t.dim() == 2:
            out[name], out[name + "_scale"] = quantized(t)
        else:
            out[name] = t
    return out


def export(model, folder, base, limit):
    """Write the adapter's folder; raises when it is over `limit` bytes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "adapter_model.safetensors"
    save_file(packed(adapter_tensors(model)), path, metadata={"format": "pt"})
    path.chmod(0o644)  # safetensors makes files that only their owner reads
    settings = model.peft_config["default"].to_dict()
    settings = {k: sorted(v) if isinstance(v, set) else v for k, v in settings.items()}
    settings.update(
        peft_type="LORA", task_type=None, inference_mode=True,
        base_model_name_or_path=Path(base).name,
    )
    settings = {k: v for k, v in settings.items() if k in KEPT_SETTINGS}
    (folder / "adapter_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    config = json.loads((Path(base) / "config.json").read_text())
    config["architectures"] = ["BertForMaskedLM"]
    config.pop("_name_or_path", None)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    if (Path(base) / "LICENSE").exists():
        shutil.copy(Path(base) / "LICENSE", folder / "LICENSE")
    size = path.stat().st_size
    if size > limit:
        raise SystemExit(f"The adapter has {size} bytes, {size - limit} more than allowed")
    return size


KEPT_SETTINGS = {
    "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode", "lora_alpha",
    "lora_dropout", "modules_to_save", "peft_type", "r", "rank_pattern", "alpha_pattern",
    "target_modules", "task_type", "use_rslora", "use_dora", "peft_version",
}


def unpack(folder, out):
    """The folder with plain F32 tensors, which PEFT itself reads (it knows no row scales)."""
    folder, out = Path(folder), Path(out)
    shutil.copytree(folder, out, dirs_exist_ok=True)
    tensors = dequantized(load_file(folder / "adapter_model.safetensors"))
    save_file({k: v.contiguous() for k, v in tensors.items()}, out / "adapter_model.safetensors",
              metadata={"format": "pt"})
    (out / "adapter_model.safetensors").chmod(0o644)


def load_exported(folder, base):
    """The model as it runs: dequantised base, and the exported tensors, dequantised."""
    model = get_peft_model(base_model(base), LoraConfig.from_pretrained(folder))
    put_tensors(model, dequantized(load_file(Path(folder) / "adapter_model.safetensors")))
    return model.eval()
