#!/usr/bin/env bash
# Builds bertlet, and fetches what that takes. Run `./build.sh help` for the commands.
# The parts: tools/build/common.sh, debian.sh (packages), toolchain.sh (emcc), compile.sh
# (the WebAssembly modules), page.sh (the JavaScript of pages), tokenizer.sh (the embedded
# model's), native.sh (the same C for this machine).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
ROOT=$PWD
. tools/build/common.sh
. tools/build/debian.sh
. tools/build/toolchain.sh
. tools/build/compile.sh
. tools/build/page.sh
. tools/build/tokenizer.sh
. tools/build/native.sh

usage() {
    cat <<'TEXT'
Usage: ./build.sh [COMMAND]

  (none)             everything the package needs: the toolchain and esbuild if they are
                     missing, then dist/*.wasm, dist/tokenizer.bin and dist/page
  page               only dist/page, the JavaScript of pages
  native             the C tests for this machine, with sanitizers at 64 and at 32 bits, and
                     plain (for valgrind)
  native sanitized   only the first of the three; so `native sanitized-32`, `native plain`
  toolchain          only find or provide emcc
  checks             only what lint, typecheck and size need: npm ci, clang-format
  tests              everything that `npm test` needs: all of the above, valgrind, Chromium
  clean              remove build/ and dist/
  clean all          also remove .toolchain/ and node_modules/
  help               this text

Every step is skipped when its result is already there. An emcc of at least 3.1.60 on the
PATH is used as it is; on Debian (as root) a missing one is provided in .toolchain/.
TEXT
}

main() {
    local command=${1:-}
    case $command in
    help | -h | --help) usage && return ;;
    '' | page | native | toolchain | checks | tests | clean) ;;
    *) fail "there is no command \"$command\"; ./build.sh help lists them" ;;
    esac
    need_node
    one_at_a_time
    case $command in
    '')
        build_modules
        build_embedded_tokenizer
        build_page
        ;;
    page) build_page ;;
    native) build_native "${2:-}" ;;
    toolchain) find_toolchain && note "emcc $BL_EMCC_VERSION: $BL_EMCC" ;;
    checks)
        provide_packages checks
        install_npm_packages
        ;;
    tests)
        provide_packages toolchain checks native tests
        install_npm_packages
        tests/fixtures/fetch-minilm.sh ||
            note 'the tests that compare with the float weights of MiniLM will be skipped'
        build_modules
        build_embedded_tokenizer
        build_page
        local missing
        missing=$(native_missing)
        if [ -z "$missing" ]; then
            build_native ''
        else
            note "the C tests for this machine are left out: they need $missing"
        fi
        ;;
    clean)
        rm -rf build dist
        if [ "${2:-}" = all ]; then rm -rf .toolchain node_modules; fi
        ;;
    esac
}

main "$@"
