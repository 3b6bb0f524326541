# Packages from Debian's own archive. Nothing here runs when the files are there already.

LLVM=/usr/lib/llvm-19
APT_LOG=$ROOT/build/apt.log

is_debian() {
    [ -r /etc/os-release ] && command -v apt-get >/dev/null &&
        [ "$(. /etc/os-release && echo "$ID")" = debian ]
}

# 12, 13, …; testing and unstable have no number and count as newer than all.
debian_release() {
    (. /etc/os-release && echo "${VERSION_ID:-99}")
}

# The GCC of the release, whose start files clang links: 12 of Debian 12, 14 of Debian 13.
gcc_release() {
    local base
    base=$(printf '%s\n' /usr/share/doc/gcc-*-base | sort -V | tail -n 1)
    base=${base##*/gcc-}
    echo "${base%-base}"
}

# wanted GROUP prints the packages of a group whose files are missing.
wanted() {
    case $1 in
    toolchain)
        if [ "$(debian_release)" -lt 13 ]; then
            unless python3 /usr/bin/python3
            unless clang-19 $LLVM/bin/clang
            unless lld-19 $LLVM/bin/wasm-ld
            unless llvm-19 $LLVM/bin/llvm-objcopy
        else
            unless emscripten /usr/bin/emcc
        fi
        ;;
    native)
        unless clang-19 $LLVM/bin/clang
        unless llvm-19 $LLVM/bin/llvm-symbolizer
        unless libclang-rt-19-dev $LLVM/lib/clang/19/lib/linux/libclang_rt.asan-*.a
        unless libc6-dev /usr/include/stdlib.h
        unless libsimde-dev /usr/include/simde/wasm/simd128.h
        if [ "$(uname -m)" = x86_64 ]; then
            unless libc6-dev-i386 /usr/lib32/crt1.o
            unless "lib32gcc-$(gcc_release)-dev" \
                "/usr/lib/gcc/x86_64-linux-gnu/$(gcc_release)/32/crtbegin.o"
        fi
        ;;
    checks) unless clang-format-19 $LLVM/bin/clang-format ;;
    tests)
        unless valgrind /usr/bin/valgrind
        unless chromium /usr/bin/chromium
        # tests/fixtures/fetch-minilm.sh
        python3 -m pip --version >/dev/null 2>&1 || echo python3-pip
        ;;
    esac
}

unless() {
    [ -e "$2" ] || echo "$1"
}

# provide_packages GROUP… installs what is missing, on Debian as root. Elsewhere the part
# that needs a program looks for it on the PATH and says so when it is not there.
provide_packages() {
    local group missing=()
    is_debian || return 0
    for group in "$@"; do
        if [ "$group" = toolchain ] && { modules_are_fresh || emcc_on_path; }; then continue; fi
        missing+=($(wanted "$group"))
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    missing=($(printf '%s\n' "${missing[@]}" | sort -u))
    if [ "$(id -u)" = 0 ]; then
        step "Installing from Debian: ${missing[*]}" install_packages "${missing[@]}"
    else
        say "Missing here; as root: apt-get install --no-install-recommends ${missing[*]}"
    fi
}

install_packages() {
    if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null &&
        apt install --yes --no-install-recommends "$@"; then
        return
    fi
    # No package lists yet, or lists so old that the archive has moved on.
    if apt update && apt install --yes --no-install-recommends "$@"; then return; fi
    apt_failed "apt-get could not install $*"
}

apt_failed() {
    grep -E '^(E|W|Err):' "$APT_LOG" | tail -n 5 >&2 || true
    fail "$1 (all of it in build/apt.log); check the network and apt, then run the same command again"
}

# apt ARGUMENTS… runs apt-get without questions and keeps what it prints in a log.
apt() {
    mkdir -p "$ROOT/build"
    printf '== apt-get %s\n' "$*" >"$APT_LOG"
    LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=$PATH:/usr/sbin:/sbin \
        apt-get -q -o DPkg::Lock::Timeout=300 -o APT::Status-Fd=3 "$@" </dev/null 3>&1 2>&1 | show_apt
    return "${PIPESTATUS[0]}"
}

# Of all that apt-get says: how much it is, and every few seconds how far it got.
show_apt() {
    local line percent text last=$SECONDS
    while IFS= read -r line; do
        case $line in
        dlstatus:* | pmstatus:*)
            [ $((SECONDS - last)) -ge 3 ] || continue
            last=$SECONDS
            IFS=: read -r _ _ percent text <<<"$line"
            note "${percent%.*} % $text"
            ;;
        *)
            printf '%s\n' "$line" >>"$APT_LOG"
            case $line in 'Need to get '* | 'Fetched '*) note "$line" ;; esac
            ;;
        esac
    done
}
