#!/usr/bin/env bash
# Compiles the loops of roofline.c and the kernels of src/ into .cache/bench/roofline-*.wasm
# with the toolchain and the flags of build.sh. Skipped when they are newer than all that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
. tools/build/common.sh
. tools/build/debian.sh
. tools/build/toolchain.sh
. tools/build/compile.sh

out=.cache/bench
mkdir -p "$out"

is_fresh() {
    [ -s "$1" ] && [ -z "$(find bench/*.c bench/compile.sh src tools/build/compile.sh -newer "$1" -print -quit)" ]
}

for name in simd relaxed; do
    module=$out/roofline-$name.wasm
    if is_fresh "$module"; then continue; fi
    find_toolchain
    list_sources src/kernels bench
    "$BL_EMCC" "${C_FLAGS[@]}" "${WASM_FLAGS[@]}" $(module_flags "$name") -sSTANDALONE_WASM \
        --no-entry -sALLOW_MEMORY_GROWTH -sSTACK_SIZE=128KB -sMALLOC=none "${SOURCES[@]}" -o "$out/new-$name.wasm"
    mv "$out/new-$name.wasm" "$module"
done
