#!/usr/bin/env bash
# A project outside of this one defines a migration of its own over an installed Cutover: install the
# build into an empty folder, build tests/consumer there against it, and use its command line.
#
#   consumer_test.sh BUILD_TREE CXX_COMPILER...
#
# The installed package must stand alone: tests/consumer is copied away from the sources first, and
# nothing that is installed for CMake may name the sources or the build tree. docs/own-migration.md
# must show that very code: its pieces, one below the other, its counterexample, and what comes of
# the change that it proposes. The examples beside it must do what is expected of them, and what the
# compiler first says to each mistake must help.
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "consumer_test: $*" >&2
  exit 1
}
# expect STATUS COMMAND...: runs it, keeps what it prints in $work/out.
expect() {
  local wanted=$1 status=0
  shift
  "$@" >"$work/out" 2>&1 || status=$?
  [ "$status" = "$wanted" ] || { cat "$work/out"; fail "'$*' ended with $status, not $wanted"; }
}
# is_on_the_page: what was printed, row by row.
is_on_the_page() {
  while read -r row; do
    grep -qF -- "$row" "$source/docs/own-migration.md" || fail "docs/own-migration.md lacks: $row"
  done <"$work/out"
}
shows() { grep -qE -- "$1" "$work/out" || { cat "$work/out"; fail "nothing like '$1' was printed"; }; }

expect 0 cmake --install "$build" --prefix "$work/installed"
if grep -rlF -e "$source" -e "$build" "$work/installed" --include='*.cmake'; then
  fail "the package above names the sources or the build tree"
fi
expect 0 "$work/installed/bin/cutover" list
cp -r "$source/tests/consumer" "$work/consumer"

# page LANGUAGE: the page's code blocks in that language, without empty lines.
page() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$source/docs/own-migration.md" | grep -v -e '^```' -e '^$'; }
for pair in cpp:job_queue.cpp cmake:CMakeLists.txt; do
  diff <(page "${pair%%:*}") <(grep -v '^$' "$work/consumer/${pair#*:}") ||
    fail "docs/own-migration.md does not show tests/consumer/${pair#*:}"
done

for compiler in "$@"; do
  command -v "$compiler" >/dev/null || continue
  tree="$work/build-$(basename "$compiler")"
  expect 0 cmake -S "$work/consumer" -B "$tree" -DCMAKE_PREFIX_PATH="$work/installed" \
    -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release
  expect 0 cmake --build "$tree"
  cd "$tree"
  expect 0 ./job_queue list
  shows '^queue/move +holds'
  expect 0 ./job_queue check --report report.json
  shows '^queue/move +holds, complete'
  shows '^queue/move\+looks-once +NoLostJob '
  shows '^2 of 2 verdicts as expected'
  grep -q '"ok": true' report.json || fail "the report is not ok"
  expect 0 ./job_queue replay cutover-traces/queue.move+looks-once.json
  shows '^NoLostJob is violated\.$'
  is_on_the_page
  expect 3 ./job_queue check queue/move --bounds writes=1  # too few to see what has to be seen
  shows 'jobs were pushed before and after the move'
  expect 2 ./job_queue check queue/mve
  shows '^job_queue: .*did you mean queue/move.*; job_queue list shows all'

  # The page's change: the lines of its block in c++ in place of the push.
  mkdir -p "$tree-changed"
  cp "$work/consumer/CMakeLists.txt" "$tree-changed/"
  awk -v change="$(page c++)" '/co_await queue.step\("push"/ { print change; next } { print }' \
    "$work/consumer/job_queue.cpp" >"$tree-changed/job_queue.cpp"
  expect 0 cmake -S "$tree-changed" -B "$tree-changed/build" -DCMAKE_PREFIX_PATH="$work/installed" \
    -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release
  expect 0 cmake --build "$tree-changed/build"
  expect 1 "$tree-changed/build/job_queue" check queue/move
  sed -i -E 's/[0-9.]+ s\.?$//' "$work/out"  # times differ
  is_on_the_page

  expect 0 cmake -S "$work/consumer/examples" -B "$tree-examples" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_CXX_COMPILER="$compiler"
  expect 0 cmake --build "$tree-examples"
  expect 0 "$tree-examples/examples" scenario "$work"/consumer/examples/scenarios/*.txt
  expect 0 "$tree-examples/examples" check
  shows "^$(grep -c '{"examples/' "$work/consumer/examples/main.cpp") of .* verdicts as expected"
  # Each of these is refused, and the first error says what its first line says.
  for mistake in "$source"/tests/consumer/mistakes/*.cpp; do
    "$compiler" -std=c++20 -fsyntax-only -I"$work/installed/include" \
      -I"$work/installed/include/cutover" "$mistake" >"$work/out" 2>&1 && fail "$mistake compiles"
    grep -m1 'error' "$work/out" | grep -qF -- "$(sed -n '1s,^// ,,p' "$mistake")" ||
      { grep -m3 error "$work/out"; fail "the first error of $mistake does not say what to do"; }
  done
  echo "consumer_test: passed with $compiler"
done
