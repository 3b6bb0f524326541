# dist/tokenizer.bin: the embedded model's tokenizer, read once and for all.

embedded_tokenizer_is_fresh() {
    [ -s dist/tokenizer.bin ] || return 1
    [ -z "$(find js/tokenizer js/shared/bytes.js src/tokenizer/blob.h tools/build/embedded-tokenizer.js \
        models/all-MiniLM-L6-v2/*token*.json -newer dist/tokenizer.bin -print -quit)" ]
}

build_embedded_tokenizer() {
    if embedded_tokenizer_is_fresh; then return; fi
    node tools/build/embedded-tokenizer.js || fail 'dist/tokenizer.bin could not be made'
    note "dist/tokenizer.bin: $(wc -c <dist/tokenizer.bin | tr -d ' ') bytes"
}
