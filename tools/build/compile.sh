# The WebAssembly modules: objects under build/, linked into dist/.

C_FLAGS=(-std=c11 -Wall -Wextra -Wno-unused-parameter -ffp-contract=off -fno-math-errno)
WASM_FLAGS=(-O3 -msimd128 -mbulk-memory)
LINK_FLAGS=(
    -O3 -msimd128 -mbulk-memory -sSTANDALONE_WASM --no-entry -sEXPORTED_FUNCTIONS=@wasm/exports.txt
    -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=4GB -sINITIAL_MEMORY=1MB -sSTACK_SIZE=128KB -sMALLOC=none
)
MODULES=(simd relaxed simd-threads relaxed-threads)

module_flags() {
    case $1 in relaxed*) echo -mrelaxed-simd ;; esac
    case $1 in *-threads) echo -matomics ;; esac
}

# A module with threads imports its memory; each thread sets a stack pointer of its own.
module_link_flags() {
    module_flags "$1"
    case $1 in *-threads) echo -sIMPORTED_MEMORY -Wl,--shared-memory -Wl,--export=__stack_pointer ;; esac
}

# Nothing that goes into the modules is newer than they are. Folders count too, so that a
# file that was added or removed is noticed.
modules_are_fresh() {
    local name
    for name in "${MODULES[@]}"; do
        [ -s "dist/bertlet-$name.wasm" ] || return 1
        [ -z "$(find src wasm tools/build/compile.sh -newer "dist/bertlet-$name.wasm" -print -quit)" ] || return 1
    done
}

build_modules() {
    if modules_are_fresh; then return; fi
    find_toolchain
    step "Compiling the WebAssembly modules with emcc $BL_EMCC_VERSION" compile_modules
}

compile_modules() {
    local name pids=() pid failed=
    list_sources src wasm
    mkdir -p build/wasm dist
    touch build/wasm/begin
    for name in "${MODULES[@]}"; do
        compile_changed "build/wasm/$name" "${BL_CC[@]}" ${BL_CFLAGS[@]+"${BL_CFLAGS[@]}"} \
            "${C_FLAGS[@]}" "${WASM_FLAGS[@]}" $(module_flags "$name")
    done
    for name in "${MODULES[@]}"; do
        link_module "$name" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
    [ -z "$failed" ] || fail 'linking failed; the messages above say why'
}

# A module reaches dist/ whole and checked, or not at all.
link_module() {
    local out=build/wasm/bertlet-$1.wasm objects=("${SOURCES[@]/%/.o}")
    if ! "$BL_EMCC" "${LINK_FLAGS[@]}" $(module_link_flags "$1") "${objects[@]/#/build/wasm/$1/}" -o "$out" 2>"$out.log"; then
        grep -v "^emcc: error: '" "$out.log" >&2 # that line repeats the linker's whole command
        return 1
    fi
    node tools/build/check-module.js "$out" wasm/exports.txt || return
    touch -r build/wasm/begin "$out"
    mv "$out" dist/
    note "dist/bertlet-$1.wasm: $(wc -c <"dist/bertlet-$1.wasm" | tr -d ' ') bytes"
}

# list_sources FOLDER… sets SOURCES, always in the same order: it decides the module's bytes.
list_sources() {
    local file
    SOURCES=()
    while IFS= read -r file; do SOURCES+=("$file"); done < <(find "$@" -name '*.c' | LC_ALL=C sort)
}

# compile_changed DIR COMMAND… compiles those of SOURCES into DIR/SOURCE.o whose object is
# missing or older than a file that it was made from; all of them when COMMAND changed.
compile_changed() {
    local dir=$1 source changed=()
    shift
    mkdir -p "$dir"
    printf '%q ' "$@" >"$dir/command.new"
    cmp -s "$dir/command.new" "$dir/command" || rm -rf "${dir:?}"/*/
    mv "$dir/command.new" "$dir/command"
    touch "$dir/begin"
    for source in "${SOURCES[@]}"; do
        if changed_since "$dir/$source.o" "$dir/$source.d"; then changed+=("$source"); fi
    done
    [ ${#changed[@]} -gt 0 ] || return 0
    note "$dir: ${#changed[@]} of ${#SOURCES[@]} files"
    printf '%s\0' "${changed[@]}" | xargs -0 -n 1 -P "$CORES" bash tools/build/compile-one.sh "$dir" ||
        fail 'compiling failed; the messages above say where'
}

# changed_since OBJECT DEPENDENCIES reads the list that the compiler wrote with -MMD.
changed_since() {
    local words word
    if ! [ -e "$1" ] || ! [ -e "$2" ]; then return 0; fi
    read -rd '' -a words <"$2" || true
    for word in "${words[@]:1}"; do
        if [ "$word" != '\' ] && ! [ "$1" -nt "$word" ]; then return 0; fi
    done
    return 1
}
