# The same C for this machine: every tests/c/test_*.c, and tests/c/replay.c, becomes a
# program with all of src/. The SIMD kernels compile through SIMDe's WebAssembly headers.
# Three flavours: "sanitized" (AddressSanitizer, UndefinedBehaviorSanitizer), "sanitized-32",
# the same with sizes and addresses of 32 bits as WebAssembly has them, and "plain", which
# valgrind can run (Debian 12's reads no DWARF 5).

# Tests may use what POSIX adds to C. At -O1 the kernels' loops stay loops, whatever their
# pragmas ask for.
NATIVE_FLAGS=(-gdwarf-4 -O1 -fno-omit-frame-pointer -Wno-pass-failed -D_DEFAULT_SOURCE)
NATIVE_FLAVOURS=(sanitized sanitized-32 plain)

flavour_flags() {
    case $1 in sanitized*) echo -fsanitize=address,undefined -fno-sanitize-recover=all ;; esac
    # SIMDe needs SSE4 to be quick.
    if [ "$1" = sanitized-32 ]; then
        echo -m32 -msse4.2
    elif [ "$(uname -m)" = x86_64 ]; then
        echo -march=x86-64-v2
    fi
}

# native_32_missing COMPILER prints what keeps this machine from that flavour, if anything.
native_32_missing() {
    local program
    program=$(mktemp) || return
    if ! echo '#include <stdlib.h>
               int main(void) { return sizeof(size_t) != 4; }' |
        "$1" $(flavour_flags sanitized-32) -x c - -o "$program" 2>/dev/null || ! "$program"; then
        echo 'an x86-64 machine with the C library and compiler-rt for 32 bits'
    fi
    rm -f "$program"
}

# native_missing prints what keeps this machine from building and running C, if anything.
native_missing() {
    local compiler
    compiler=$(native_compiler)
    if [ -z "$compiler" ]; then
        echo 'clang 14 or newer'
    elif ! echo '#include <simde/wasm/simd128.h>' | "$compiler" -E -x c - >/dev/null 2>&1; then
        echo "SIMDe's headers (simde/wasm/simd128.h)"
    fi
}

native_compiler() {
    local name major
    for name in $LLVM/bin/clang clang-19 clang; do
        major=$("$name" -dumpversion 2>/dev/null | cut -d . -f 1) || continue
        if [ "$major" -ge 14 ]; then type -P "$name" && return; fi
    done
}

# build_native [FLAVOUR]
build_native() {
    local flavour flavours=("${NATIVE_FLAVOURS[@]}") missing compiler
    case ${1:-} in
    '') ;;
    sanitized | sanitized-32 | plain) flavours=("$1") ;;
    *) fail "there is no native flavour \"$1\"; they are: ${NATIVE_FLAVOURS[*]}" ;;
    esac
    provide_packages native
    missing=$(native_missing)
    [ -z "$missing" ] || fail "install $missing, then run this again"
    compiler=$(native_compiler)
    list_sources src tests/c
    for flavour in "${flavours[@]}"; do
        if native_is_fresh "$flavour"; then continue; fi
        if [ "$flavour" = sanitized-32 ]; then
            missing=$(native_32_missing "$compiler")
            if [ -n "$missing" ]; then
                note "the C tests at 32 bits are left out: they need $missing"
                rm -f build/native/sanitized-32/complete
                continue
            fi
        fi
        step "Compiling the C tests for this machine ($flavour)" compile_native "$flavour" "$compiler"
    done
}

native_is_fresh() {
    local stamp=build/native/$1/complete
    [ -e "$stamp" ] && [ -z "$(find src tests/c tools/build/native.sh -newer "$stamp" -print -quit)" ]
}

compile_native() {
    local dir=build/native/$1 compiler=$2 flags source name library=() program
    flags=("${NATIVE_FLAGS[@]}" $(flavour_flags "$1"))
    mkdir -p "$dir"
    touch "$dir/begun"
    compile_changed "$dir/objects" "$compiler" "${C_FLAGS[@]}" "${flags[@]}"
    # Besides the programs, files in tests/c are helpers that they share.
    for source in "${SOURCES[@]}"; do
        is_program "$source" || library+=("$dir/objects/$source.o")
    done
    rm -f "$dir/library.a" "$dir"/test_* "$dir/replay"
    ar rcs "$dir/library.a" "${library[@]}"
    for source in "${SOURCES[@]}"; do
        is_program "$source" || continue
        name=${source##*/}
        program=$dir/${name%.c}
        "$compiler" "${flags[@]}" "$dir/objects/$source.o" "$dir/library.a" -lm -o "$program" ||
            fail "linking $program failed; the messages above say why"
    done
    mv "$dir/begun" "$dir/complete"
}

is_program() {
    case $1 in tests/c/test_*.c | tests/c/replay.c) ;; *) return 1 ;; esac
}
