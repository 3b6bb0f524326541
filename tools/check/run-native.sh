#!/usr/bin/env bash
# run-native.sh sanitized|sanitized-32|valgrind: runs every program build/native/*/test_* from the
# repository's root, as many at once as there are cores; prints the output of those that fail.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

run_one() {
    local program=$2 log=${2%/*}/$1-${2##*/}.log begin=$SECONDS command=("$2") code
    if [ "$1" = valgrind ]; then
        command=(valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=all "$2")
    fi
    timeout 1200 "${command[@]}" </dev/null >"$log" 2>&1
    code=$?
    if [ $code = 0 ]; then
        echo "  ok ${program##*/} ($((SECONDS - begin)) s)"
    else
        echo "  FAILED ${program##*/} (exit code $code)"
        tail -n 60 "$log"
    fi
    return $code
}

if [ "$1" = one ]; then
    run_one "$2" "$3"
    exit
fi

case $1 in
sanitized*) dir=build/native/$1 ;;
valgrind) dir=build/native/plain ;;
esac
programs=("$dir"/test_*)
if ! [ -x "${programs[0]}" ]; then
    echo "There is no program $dir/test_*; ./build.sh native makes them"
    exit 1
fi
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
printf '%s\0' "${programs[@]}" | xargs -0 -n 1 -P "$cores" bash tools/check/run-native.sh one "$1"
