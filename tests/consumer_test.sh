#!/usr/bin/env bash
# A project outside of this one defines a migration of its own over an installed Cutover: install the
# build into an empty folder, build tests/consumer there against it, and use its command line.
#
#   consumer_test.sh BUILD_TREE CXX_COMPILER...
#
# The installed package must stand alone: tests/consumer is copied away from the sources first, and
# nothing that is installed for CMake may name the sources or the build tree. docs/own-migration.md
# must show that very code, its pieces one below the other, and docs/own-model.md pieces of that of
# tests/consumer/model. Both are followed literally: the changes that they propose are made, their
# commands are run, and must print what they show. The examples must do what is expected of them, and
# what the compiler first says to each mistake must help.
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
# same_but_for_times FILE FILE: but for times, and for how many threads there are.
same_but_for_times() {
  local text='s/ +[0-9.]+ s\.?$//; s/by [0-9]+ threads/by N threads/'
  diff <(sed -E "$text" "$1") <(sed -E "$text" "$2")
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

# The blocks of each page, in order, by language.
for name in own-migration own-model; do
  mkdir -p "$work/$name"
  awk -v into="$work/$name" '/^```/ { inside = !inside; language = substr($0, 4)
      if (inside) file = sprintf("%s/%02d.%s", into, ++n, language == "" ? "plain" : language); next }
    inside { print > file }' "$source/docs/$name.md"
done
mkdir "$work/home"
ln -s "$work/installed" "$work/home/cutover-package"

# Every piece of code on the second page is one of the files that it speaks of.
for piece in "$work"/own-model/*.cpp; do
  found=
  for file in "$work"/consumer/model/*.h; do
    # Without line breaks a piece is a part of its file if it is one of its strings.
    if grep -qF -- "$(tr '\n' '~' <"$piece")" <(tr '\n' '~' <"$file"); then found=yes; fi
  done
  [ "$found" ] || { cat "$piece"; fail "the piece above of docs/own-model.md is in no file"; }
done

# change BLOCK: makes the page's change in job_queue.cpp: a main in place of the other, lines in place
# of the push, or a difference.
change() {
  cp job_queue.cpp before.cpp
  if grep -q '^int main' "$1"; then
    cat <(sed '/^int main/,$d' before.cpp) "$1" >job_queue.cpp
  elif [ "${1##*.}" = diff ]; then
    awk 'NR == FNR { rest = substr($0, 2); sign = substr($0, 1, 1)
                     if (sign == "-") taken[rest]; else if (sign == "+") put[last] = rest; else last = rest
                     next }
      $0 in taken { next } { print } $0 in put { print put[$0] }' "$1" before.cpp >job_queue.cpp
  else
    awk -v change="$(cat "$1")" '/co_await queue.step\("push"/ { print change; next } { print }' \
      before.cpp >job_queue.cpp
  fi
  ! cmp -s before.cpp job_queue.cpp || fail "$1 of the page changes nothing"
}

# follow PAGE: from the current folder.
follow() {
  local block outputs=0
  for block in "$work/$1"/*; do
    case "${block##*.}" in
      cpp) ;;
      cmake) grep -q 'project(' "$block" || cat "$block" >>CMakeLists.txt ;;
      c++ | diff) change "$block" ;;
      *) case "$(head -1 "$block")" in
          './cutover build' | mkdir* | 'TLA+ module'*) ;;  # done, or no command
          cmake* | ./build/* | cp* | export* | sed*)
            bash -c "set -e; $(cat "$block")" >"$work/out" 2>&1 || true ;;
          *) outputs=$((outputs + 1))
            same_but_for_times "$block" <(tail -n "$(wc -l <"$block")" "$work/out") ||
              fail "docs/$1.md shows other output, above with <" ;;
        esac ;;
    esac
  done
  [ "$outputs" -ge 3 ] || fail "docs/$1.md shows less output than it did"
}

# Each row of the page's table of safeguards: the change that its first column tells.
safeguards=(
  '/"fill", fill/{h;d}; /"mark moved"/G'
  's/owned(queue, me).jobs = jobs/for (int job : jobs) owned(queue, me).jobs.push_back(job)/'
  's/owned(queue, me).jobs.push_back/queue.jobs.push_back/'
  's/owned(queue, me).jobs = jobs/queue.jobs = jobs/'
  's/owned(queue, me).moved/queue.moved/'
  '/step("push"/{h;d}; /note("accepted"/G'
)
check_safeguards() {
  mkdir safeguards
  cp CMakeLists.txt safeguards
  local row changed=() told
  for row in "${!safeguards[@]}"; do
    sed "${safeguards[$row]}" job_queue.cpp >"safeguards/$row.cpp"
    cmp -s job_queue.cpp "safeguards/$row.cpp" && fail "safeguard $row changes nothing"
    changed+=("add_executable(without_$row $row.cpp)"
      "target_link_libraries(without_$row PRIVATE cutover::cutover)")
  done
  sed -i '/add_executable/d; /target_link/d' safeguards/CMakeLists.txt
  printf '%s\n' "${changed[@]}" >>safeguards/CMakeLists.txt
  expect 0 cmake -S safeguards -B safeguards/build -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_PREFIX_PATH="$work/installed"
  expect 0 cmake --build safeguards/build -j2
  mapfile -t told < <(sed -n 's/^| `.*| \([A-Za-z]*, [0-9]* steps\):.*/\1/p' "$source/docs/own-migration.md")
  [ "${#told[@]}" = "${#safeguards[@]}" ] || fail "the table of safeguards has ${#told[@]} rows"
  for row in "${!safeguards[@]}"; do
    expect 1 "safeguards/build/without_$row" check queue/move
    shows "^queue/move: ${told[$row]%,*} is violated \\(${told[$row]#*, },"
  done
}

for compiler in "$@"; do
  command -v "$compiler" >/dev/null || continue
  tree="$work/build-$(basename "$compiler")"
  mkdir "$tree"
  cd "$tree"
  cp "$work/consumer/CMakeLists.txt" "$work/consumer/job_queue.cpp" .
  export HOME="$work/home" CXX="$compiler"
  if [ "$compiler" = "$1" ]; then  # what the pages say, no other compiler changes
    follow own-migration
    cp "$work/consumer/job_queue.cpp" .
    follow own-model
  fi
  cp "$work/consumer/CMakeLists.txt" "$work/consumer/job_queue.cpp" .
  expect 0 cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$work/installed"
  expect 0 cmake --build build
  expect 0 build/job_queue list
  shows '^queue/move +holds'
  expect 0 build/job_queue check --report report.json
  grep -q '"ok": true' report.json || fail "the report is not ok"
  expect 2 build/job_queue check queue/mve
  shows '^job_queue: .*did you mean queue/move.*; job_queue list shows all'
  expect 2 build/job_queue show cutover-traces/queue.move+looks-once.json -o trace.svg
  shows "^job_queue: job_queue is built without 'show'; link cutover::pictures"
  # Nothing is asked for that this one does not link.
  expect 0 cmake -S . -B build-alone -DCMAKE_PREFIX_PATH="$work/installed" \
    $(printf -- '-DCMAKE_DISABLE_FIND_PACKAGE_%s=TRUE ' Boost SQLite3 CLI11 benchmark PkgConfig)
  if [ "$compiler" = "$1" ]; then check_safeguards; fi

  expect 0 cmake -S "$work/consumer/examples" -B "$tree-examples" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_CXX_COMPILER="$compiler"
  expect 0 cmake --build "$tree-examples"
  expect 0 "$tree-examples/examples" scenario "$work"/consumer/examples/scenarios/*.txt
  cd "$tree-examples"
  expect 0 ./examples check
  shows "^$(grep -c '{"examples/' "$work/consumer/examples/main.cpp") of .* verdicts as expected"
  expect 0 ./examples show cutover-traces/examples.mirror+one.json -o trace.svg
  expect 0 ./examples graph examples/mirror -o graph.svg
  grep -q '<svg' trace.svg graph.svg || fail "nothing was drawn"
  expect 0 ./examples bench examples/mirror
  shows '^ *implementation '
  # The names of sockets and signals are the user's own.
  printf '%s\n' '#include <cutover/cli/cutover_main.h>' '#include <cutover/crashsim/sdk.h>' \
    'int raise, send, recv, socket, bind, connect, accept, listen;' >"$work/names.cpp"
  expect 0 "$compiler" -std=c++20 -fsyntax-only -I"$work/installed/include" \
    -I"$work/installed/include/cutover" "$work/names.cpp"
  # Each of these is refused, and the first error says what its first line says.
  for mistake in "$source"/tests/consumer/mistakes/*.cpp; do
    "$compiler" -std=c++20 -fsyntax-only -I"$work/installed/include" \
      -I"$work/installed/include/cutover" "$mistake" >"$work/out" 2>&1 && fail "$mistake compiles"
    grep -m1 'error' "$work/out" | grep -qF -- "$(sed -n '1s,^// ,,p' "$mistake")" ||
      { grep -m3 error "$work/out"; fail "the first error of $mistake does not say what to do"; }
  done
  echo "consumer_test: passed with $compiler"
done
