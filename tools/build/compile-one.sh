# compile-one.sh DIR SOURCE: one step of compile_changed in compile.sh, started by xargs.
# The object gets the time at which the build began: a source that was saved while the
# compiler read it counts as changed.
set -eu
object=$1/$2.o
mkdir -p "$(dirname "$object")"
eval "command=($(cat "$1/command"))"
# In a module, what runs once a call or less is small rather than fast.
case $1/$2 in
    build/wasm/*/src/base/* | build/wasm/*/src/model/* | build/wasm/*/src/encoder/* | \
        build/wasm/*/src/heads/* | build/wasm/*/src/search/* | build/wasm/*/wasm/*)
        command+=(-Os)
        ;;
esac
"${command[@]}" -MMD -MF "$1/$2.d" -c "$2" -o "$object.new"
touch -r "$1/begin" "$object.new"
mv "$object.new" "$object"
