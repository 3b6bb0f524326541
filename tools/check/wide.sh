#!/usr/bin/env bash
# wide.sh: fetches what the wide tier of the tests needs into .cache/, which git ignores. What
# cannot be had is said in a sentence, and its tests are skipped.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
models=.cache/real-models
packages=$PWD/.cache/python-packages
# Of the scripts in tests/fixtures/real-models.
needed=(numpy==2.4.6 tokenizers==0.23.3 safetensors==0.8.0 onnx==1.23.2)

if [ ! -e "$packages/complete" ]; then
    rm -rf "$packages"
    if timeout 300 python3 -m pip install -q --disable-pip-version-check --root-user-action ignore \
        --only-binary :all: --target "$packages" "${needed[@]}" >.cache-pip.log 2>&1; then
        touch "$packages/complete"
    else
        echo "Without ${needed[*]}, which pip could not install: some trained models cannot be made."
    fi
    rm -f .cache-pip.log
fi

for name in splade-tiny rampart-pii-ner gector-distilbert-cased sapiens-vh-roberta \
    all-mpnet-base-v2 roberta-tokenizer; do
    if [ -e "$models/$name/complete" ]; then continue; fi
    rm -rf "${models:?}/$name"
    mkdir -p "$models"
    if PYTHONPATH=$packages timeout 300 bash tests/fixtures/real-models/make.sh "$name" \
        "$models/$name" >"$models/$name.log" 2>&1; then
        touch "$models/$name/complete"
        echo "Fetched $name."
    else
        echo "Skipped: $name could not be fetched ($(tail -n 1 "$models/$name.log" | cut -c 1-160))"
    fi
done
