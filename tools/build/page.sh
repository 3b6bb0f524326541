# dist/page and dist/node: the library as pages and Node import it, made of js/.

# Nothing that goes into it is newer. Folders count too, so that a removed file is noticed.
page_is_fresh() {
    [ -s dist/page/bertlet.js ] && [ -s dist/node/bertlet.js ] || return 1
    [ -z "$(find js tools/build/page.js tools/build/node.js tools/build/bundle.js package-lock.json -path js/cli -prune -o \
        -newer dist/node/bertlet.js -print -quit)" ]
}

build_page() {
    if page_is_fresh; then return; fi
    install_npm_packages
    node tools/build/page.js && node tools/build/node.js ||
        fail 'dist/page and dist/node could not be made; the messages above say why'
    note "dist/page: $(cat dist/page/*.js | wc -c | tr -d ' ') bytes in 4 scripts"
}
