"""Exports the float model as ONNX, the way the peers' own users have it.

    python export.py FLOAT_MODEL_FOLDER OUTPUT_FOLDER

writes into OUTPUT_FOLDER, laid out as transformers.js expects a model:

    onnx/model.onnx            float, opset 14, dynamic batch and sequence axes
    onnx/model_quantized.onnx  dynamic int8: weights per channel, reduced range
    onnx/model_optimized.onnx  float, attention, gelu and layer norm fused

and copies the small files beside them. All three come from the same weights.
The versions are those of requirements.txt; nothing here is random.
"""

import json
import shutil
import sys
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from transformers import BertModel

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class Encoder(torch.nn.Module):
    """The encoder alone, with its inputs in a fixed order and one output."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.bert(
            input_ids=input_ids,
            attention_mask=attention_mask,
            token_type_ids=token_type_ids,
        ).last_hidden_state


def export(source: Path, path: Path) -> None:
    bert = BertModel.from_pretrained(source, attn_implementation="eager", add_pooling_layer=False)
    example = torch.ones((2, 8), dtype=torch.int64)
    example[1, 5:] = 0
    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Encoder(bert.eval()),
        tuple(example.clone() for _ in INPUTS[:2]) + (torch.zeros_like(example),),
        path,
        input_names=list(INPUTS),
        output_names=["last_hidden_state"],
        dynamic_axes={name: axes for name in (*INPUTS, "last_hidden_state")},
        opset_version=14,
        do_constant_folding=True,
        dynamo=False,
    )


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    target = out / "onnx"
    target.mkdir(parents=True, exist_ok=True)
    config = json.loads((source / "config.json").read_text())

    plain = target / "model.onnx"
    export(source, plain)
    print(f"model.onnx            {plain.stat().st_size:>11,} bytes")

    quantized = target / "model_quantized.onnx"
    quantize_dynamic(
        plain, quantized, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
    )
    print(f"model_quantized.onnx  {quantized.stat().st_size:>11,} bytes")

    fused = target / "model_optimized.onnx"
    optimized = optimizer.optimize_model(
        str(plain),
        model_type="bert",
        num_heads=config["num_attention_heads"],
        hidden_size=config["hidden_size"],
    )
    optimized.save_model_to_file(str(fused))
    print(f"model_optimized.onnx  {fused.stat().st_size:>11,} bytes")
    counts = {}
    for node in onnx.load(fused, load_external_data=False).graph.node:
        counts[node.op_type] = counts.get(node.op_type, 0) + 1
    layers = config["num_hidden_layers"]
    if counts.get("Attention", 0) + counts.get("MultiHeadAttention", 0) != layers:
        sys.exit(f"the optimizer did not fuse the {layers} attention blocks: {counts}")

    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (source / name).exists():
            shutil.copyfile(source / name, out / name)


main()
