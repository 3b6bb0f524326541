#!/usr/bin/env bash
# npm test: set-up, then every check. With CI=true a wide tier goes along: tests with what is
# fetched from package registries. The closing output is the summary of Node's test runner; whatever
# failed before it is named above it and in the exit code.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=()

check() {
    local name=$1 begin=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if "$@"; then
        echo "== $name: ok ($((SECONDS - begin)) s)"
    else
        echo "== $name: FAILED"
        failed+=("$name")
    fi
}

./build.sh tests || exit 1

check 'lint' bash tools/check/lint.sh
check 'types of the sources' node_modules/.bin/tsc -p tsconfig.json
check 'declarations as they are used' node_modules/.bin/tsc -p tests/types/tsconfig.json
check 'size' node tools/check/size.js
if [ -e build/native/sanitized/complete ]; then
    check 'C tests with sanitizers' bash tools/check/run-native.sh sanitized
    if [ -e build/native/sanitized-32/complete ]; then
        check 'C tests with sanitizers, at 32 bits' bash tools/check/run-native.sh sanitized-32
    else
        printf '\n== Skipped: C tests at 32 bits, because clang cannot make such programs here\n'
    fi
    if command -v valgrind >/dev/null; then
        check 'C tests under valgrind' bash tools/check/run-native.sh valgrind
    else
        printf '\n== Skipped: C tests under valgrind, because valgrind is not installed\n'
    fi
else
    printf '\n== Skipped: C tests, because clang and SIMDe are not installed\n'
fi

if [ ${#failed[@]} -gt 0 ]; then
    printf '\n== FAILED so far: %s\n' "$(IFS=, && echo "${failed[*]}")"
fi
folders=(tests/*/)
if [ "${CI:-}" = true ]; then
    printf '\n== What the wide tier needs\n'
    bash tools/check/wide.sh
else
    folders=("${folders[@]/#tests\/wide\//}")
fi
printf '\n== JavaScript tests\n'
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# Of the sources; what is made of them has tests of its own.
export NODE_OPTIONS="--conditions=source ${NODE_OPTIONS:-}"
node --test --test-reporter=spec --test-concurrency="$cores" --test-timeout=900000 $(find ${folders[@]} -name "*.test.js" | sort)
code=$?
[ ${#failed[@]} = 0 ] || exit 1
exit $code
