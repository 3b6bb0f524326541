#!/usr/bin/env bash
# lint.sh [--write]: Biome for JavaScript, clang-format for C, the order of folders. Checks, or
# with --write mends.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0

if [ "${1:-}" = --write ]; then
    node_modules/.bin/biome check --write --error-on-warnings . || failed=1
    c_options=(-i)
else
    node_modules/.bin/biome check --error-on-warnings --max-diagnostics=100 . || failed=1
    c_options=(--dry-run -Werror)
fi

# Another version formats some lines in another way: only 19 will do.
for clang_format in /usr/lib/llvm-19/bin/clang-format clang-format-19 clang-format none; do
    if "$clang_format" --version 2>/dev/null | grep -q 'version 19\.'; then break; fi
done
if [ "$clang_format" = none ]; then
    echo 'Skipped: the format of C files, because clang-format 19 is not installed.'
else
    folders=()
    for folder in src wasm bench tests/c; do
        if [ -d "$folder" ]; then folders+=("$folder"); fi
    done
    find "${folders[@]}" -name '*.[ch]' -print0 | xargs -0 "$clang_format" "${c_options[@]}" || failed=1
fi

# Who may use whom, and what nobody uses.
node tools/check/layers.js || failed=1

# A file that grows past 500 lines holds two concepts. Generated tables are no concept.
long=$(find src wasm js tools web-demo bench tests -type f ! -name '*tables*' \
    \( -name '*.[ch]' -o -name '*.js' -o -name '*.sh' \) -exec wc -l {} + | awk '$1 > 500 && $2 != "total"')
if [ -n "$long" ]; then
    printf 'Longer than 500 lines:\n%s\n' "$long"
    failed=1
fi
exit $failed
