# Finds an emcc that is new enough, or provides one on Debian. The result, with what clang
# needs to compile single files, is remembered in .toolchain/env.

EMCC_NEEDED=3.1.60 # the first with the final opcodes of relaxed SIMD
NEWER_DEBIAN=trixie # Debian 13, whose emscripten is 3.1.69

# find_toolchain sets BL_EMCC, BL_EMCC_VERSION, BL_CC and BL_CFLAGS.
find_toolchain() {
    local seen
    seen=$(type -P emcc || true)
    if [ -r .toolchain/env ]; then
        . .toolchain/env
        if [ "$BL_FOR" = "$ROOT:$seen" ] && [ -x "$BL_EMCC" ] && [ -x "${BL_CC[0]}" ] &&
            ! [ .toolchain/env -ot "$BL_EMCC" ]; then return; fi
    fi
    if emcc_on_path; then
        remember_toolchain "$seen" "$seen"
    elif is_debian; then
        provide_packages toolchain
        [ -z "$(wanted toolchain)" ] || fail 'the toolchain needs the packages named above'
        if emcc_on_path; then
            remember_toolchain "$(type -P emcc)" "$(type -P emcc)"
        else
            [ -e .toolchain/emscripten/.complete ] ||
                step 'Fetching Emscripten from Debian 13 into .toolchain/' fetch_emscripten
            remember_toolchain .toolchain/bin/emcc "$seen"
        fi
    else
        fail "install Emscripten $EMCC_NEEDED or newer (https://emscripten.org) so that emcc is on the PATH, then run this again"
    fi
}

emcc_on_path() {
    local version
    version=$(emcc --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1) || return 1
    not_older "$version" "$EMCC_NEEDED"
}

# not_older A B: version A is B or newer.
not_older() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t . -k 1,1n -k 2,2n -k 3,3n | head -n 1)" = "$2" ]
}

# remember_toolchain EMCC SEEN asks emcc for its clang and the flags to compile with: calling
# clang directly saves the start of Python for every file.
remember_toolchain() {
    local emcc=$1 llvm flags
    case $emcc in /*) ;; *) emcc=$ROOT/$emcc ;; esac
    BL_EMCC=$emcc
    BL_EMCC_VERSION=$("$emcc" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1) ||
        fail "$emcc does not start; ./build.sh clean all removes a damaged .toolchain/"
    llvm=$("$(dirname "$emcc")/em-config" LLVM_ROOT 2>/dev/null || true)
    if [ -x "$llvm/clang" ] && flags=$("$emcc" --cflags 2>/dev/null); then
        BL_CC=("$llvm/clang")
        eval "BL_CFLAGS=($flags)"
    else
        BL_CC=("$emcc")
        BL_CFLAGS=()
    fi
    mkdir -p .toolchain
    {
        printf 'BL_FOR=%q\n' "$ROOT:$2"
        printf 'BL_EMCC=%q\nBL_EMCC_VERSION=%q\n' "$BL_EMCC" "$BL_EMCC_VERSION"
        printf 'BL_CC=(%s)\n' "$(printf '%q ' "${BL_CC[@]}")"
        printf 'BL_CFLAGS=(%s)\n' "$(printf '%q ' ${BL_CFLAGS[@]+"${BL_CFLAGS[@]}"})"
    } >.toolchain/env.new
    mv .toolchain/env.new .toolchain/env
}

# Debian 12 has clang 19, but an Emscripten that is too old. Debian 13's is unpacked beside
# the system, never installed: it needs a newer libc, which comes along and is used by its
# own programs only.
fetch_emscripten() {
    local dir=.toolchain/emscripten debs=$ROOT/.toolchain/debs mirror
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || fail 'apt has no Debian archive among its sources; add one to /etc/apt/sources.list, then run this again'
    rm -rf "$dir" "$debs"
    mkdir -p "$dir" "$debs"
    private_apt_config "$mirror" >.toolchain/apt.conf
    export APT_CONFIG=$ROOT/.toolchain/apt.conf
    apt update || apt_failed "apt-get could not read the package list of $NEWER_DEBIAN"
    (cd "$debs" && apt download emscripten binaryen libc6 libstdc++6 libgcc-s1) ||
        apt_failed 'apt-get could not download Emscripten'
    unset APT_CONFIG
    note 'unpacking'
    unpack_needed "$debs" "$dir"
    rm -rf "$debs" .toolchain/apt .toolchain/apt.conf
    write_wrappers
    touch "$dir/.complete"
}

# private_apt_config MIRROR prints the settings of an apt that knows nothing but the newer
# suite and keeps its lists in .toolchain/. Proxies and the like still come from the machine's
# own configuration.
private_apt_config() {
    local dir=$ROOT/.toolchain/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg option=
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    : >"$dir/status"
    if [ -r "$keyring" ]; then option="[signed-by=$keyring] "; fi
    printf 'deb %s%s %s main\n' "$option" "$1" "$NEWER_DEBIAN" >"$dir/sources.list"
    cat <<TEXT
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "-";
Dir::State "$dir";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
APT::Update::Post-Invoke-Success "";
TEXT
}

# The archive that this machine's own release comes from, in either format of apt's sources.
debian_mirror() {
    local files=() file
    for file in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        if [ -r "$file" ]; then files+=("$file"); fi
    done
    [ ${#files[@]} -gt 0 ] || return 0
    awk -v release="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" '
        function ours(suite) { return suite == release || suite ~ /^(old)*stable$/ }
        FNR == 1 || /^[ \t]*$/ { uri = ""; suite = 0 }
        /^deb[ \t]/ { sub(/\[[^]]*\]/, ""); uri = $2; suite = ours($3) }
        tolower($1) == "uris:" { uri = $2 }
        tolower($1) == "suites:" { for (i = 2; i <= NF; i++) if (ours($i)) suite = 1 }
        uri != "" && suite { print uri; exit }
    ' "${files[@]}"
}

# The package carries 1.5 GB of prebuilt libraries. A link of ours looks at a dozen of them.
unpack_needed() {
    local debs=$1 dir=$2 deb
    for deb in "$debs"/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --no-same-owner \
            --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' \
            --exclude='./usr/share/emscripten/test' --exclude='./usr/share/emscripten/cache/symbol_lists' \
            --exclude='*/lib/wasm32-emscripten/*lto*' --exclude='*/lib/wasm32-emscripten/pic*' \
            --exclude='*-mt*.a' --exclude='*-ww*.a' --exclude='*asan*.a' --exclude='*-debug*.a' \
            --exclude='*-except.a' --exclude='*emu*.a' --exclude='*full_es3*.a' --exclude='*webgl2*.a' \
            --exclude='*-ofb*.a' --exclude='*wasmfs*.a' --exclude='*emmalloc*.a' --exclude='*san_*rt.a' \
            --exclude='*mimalloc*.a' --exclude='*webgpu*.a' --exclude='*embind*.a' --exclude='*gconv*'
    done
}

# emcc and em-config with our configuration, and binaryen's programs under their own libc.
# Everything is found relative to the wrapper, so that the folder may be moved.
write_wrappers() {
    local dir=.toolchain tool
    mkdir -p $dir/bin $dir/binaryen/bin $dir/emscripten/usr/share/emscripten/test
    # What emcc --cflags pretends to compile.
    echo 'int main(void) { return 0; }' >$dir/emscripten/usr/share/emscripten/test/hello_world.c
    cat >$dir/config.py <<'TEXT'
import os, shutil
here = os.path.dirname(os.path.abspath(os.environ['EM_CONFIG']))
LLVM_ROOT = '/usr/lib/llvm-19/bin'
BINARYEN_ROOT = os.path.join(here, 'binaryen')
NODE_JS = shutil.which('node')
CACHE = os.path.join(here, 'emscripten/usr/share/emscripten/cache')
FROZEN_CACHE = True
TEXT
    for tool in emcc em-config; do
        cat >$dir/bin/$tool <<TEXT
#!/bin/sh
here=\$(cd "\$(dirname "\$0")/.." && pwd)
EM_CONFIG=\$here/config.py exec /usr/bin/python3 "\$here/emscripten/usr/share/emscripten/$tool.py" "\$@"
TEXT
    done
    cat >$dir/binaryen/bin/run <<'TEXT'
#!/bin/sh
root=$(cd "$(dirname "$0")/../../emscripten/usr" && pwd)
for loader in "$root"/lib/*-linux-gnu/ld-linux*.so.*; do
    exec "$loader" --library-path "${loader%/*}" "$root/bin/${0##*/}" "$@"
done
TEXT
    chmod +x $dir/bin/* $dir/binaryen/bin/run
    for tool in $dir/emscripten/usr/bin/wasm-* $dir/emscripten/usr/bin/wasm2js; do
        ln -sf run "$dir/binaryen/bin/${tool##*/}"
    done
}
