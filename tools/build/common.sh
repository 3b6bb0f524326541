# What every part of build.sh uses: messages, one build at a time, npm packages.

CORES=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

say() {
    printf '%s\n' "$*" >&2
}

note() {
    say "  $*"
}

fail() {
    say "build.sh: $*"
    exit 1
}

# step TEXT COMMAND… says what is going on and, afterwards, how long it took.
step() {
    local text=$1 begin=$SECONDS
    shift
    say "$text"
    "$@"
    note "done in $((SECONDS - begin)) s"
}

need_node() {
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit(a > 20 || (a === 20 && b >= 16) ? 0 : 1)' 2>/dev/null ||
        fail "Node 20.16 or newer is needed; found: $(node --version 2>/dev/null || echo none)"
}

# Two builds in one folder would overwrite each other's objects: the second waits.
one_at_a_time() {
    command -v flock >/dev/null || return 0
    mkdir -p build
    exec 9>build/.lock
    flock -n 9 && return
    say 'Waiting for another build in this folder'
    flock 9
}

install_npm_packages() {
    local stamp=node_modules/.bertlet
    if [ -e "$stamp" ] && ! [ package-lock.json -nt "$stamp" ]; then return; fi
    step 'Installing the packages for lint and tests (npm ci)' run_npm_ci
    touch "$stamp"
}

run_npm_ci() {
    local log=build/npm.log
    mkdir -p build
    if ! npm ci --no-audit --no-fund </dev/null >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "npm ci failed (all of it in $log); check the network, then run the same command again"
    fi
}
