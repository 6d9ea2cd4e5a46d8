#!/usr/bin/env bash
# What the launcher installs and with what it builds, on machines that are told to it: a PATH of its
# own, in which dpkg-query, apt-cache and apt-get are stand-ins that say what such a machine would, and
# note what they were asked to install. Nothing is installed or built.
#
#   launcher_test.sh LAUNCHER
set -euo pipefail
launcher=$1
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
unset CUTOVER_WERROR CUTOVER_NO_INSTALL CUTOVER_ZOOKEEPER_CLASSPATH CXX  # of who runs this
failed=0

# machine NAME CANDIDATES PROGRAMS: a new machine, on which apt could install the first and on which the
# second, beside what every Debian has, are there.
machine() {
  name=$1
  rm -rf "$here/bin" "$here/clone" "$here/installed"
  mkdir -p "$here/bin" "$here/clone/tla"
  cp "$launcher" "$here/clone/cutover"
  local tool
  for tool in bash cat dirname env grep id mkdir mktemp readlink rm sed tee tr; do
    ln -s "$(command -v "$tool")" "$here/bin/$tool"
  done
  printf '%s\n' "$2" | tr ' ' '\n' >"$here/candidates"
  stand_in dpkg-query 'exit 1'
  # Names that something else mentions are known and have no candidate.
  stand_in apt-cache "if grep -qx \"\$2\" '$here/candidates'; then echo \"\$2:\"; echo '  Installed: (none)'
    echo '  Candidate: 1.0-1'; else echo \"\$2:\"; echo '  Candidate: (none)'; fi"
  stand_in apt-get "echo \"\$@\" >>'$here/installed'"
  stand_in cmake 'echo "no CMake here: $*"; exit 1'
  printf '#!/bin/sh\nexit 0\n' >"$here/clone/tla/fetch"
  chmod +x "$here/clone/tla/fetch"
  for tool in $3; do stand_in "$tool" 'exit 0'; done
}
stand_in() { printf '#!/bin/sh\n%s\n' "$2" >"$here/bin/$1"; chmod +x "$here/bin/$1"; }

status=0
launch() {
  status=0
  PATH="$here/bin" "$here/clone/cutover" "$@" >"$here/said" 2>&1 || status=$?
  touch "$here/installed"
}

complain() {
  echo "$name: $*"; sed 's/^/  installed: /' "$here/installed"; sed 's/^/  said: /' "$here/said"
  failed=1
}
installs() { grep -qw -e "$1" "$here/installed" || complain "does not install $1"; }
leaves() { ! grep -qw -e "$1" "$here/installed" || complain "installs $1"; }
says() { grep -q -e "$1" "$here/said" || complain "does not say '$1'"; }
ends_with() { [ "$status" = "$1" ] || complain "ends with $status, not with $1"; }
keeps_quiet_about() { ! grep -q -e "$1" "$here/said" || complain "says '$1'"; }

bookworm='cmake ninja-build mold libboost1.81-dev libboost-dev clang-19 libclang-rt-19-dev g++ openjdk-17-jre-headless default-jre-headless libzookeeper-mt-dev zookeeper'
trixie='cmake ninja-build mold libboost1.83-dev libboost-dev clang-19 libclang-rt-19-dev g++ openjdk-21-jre-headless default-jre-headless libzookeeper-mt-dev zookeeper'

machine "Debian 12 with nothing" "$bookworm" ""
launch check
for package in clang-19 libboost1.81-dev openjdk-17-jre-headless python3 libzookeeper-mt-dev zookeeper; do installs "$package"; done
for package in g++ libboost1.83-dev libboost-dev libclang-rt-19-dev; do leaves "$package"; done

ends_with 2
says 'no C++ compiler found'

machine "Debian 13 with nothing" "$trixie" ""
launch check
for package in clang-19 libboost1.83-dev openjdk-21-jre-headless; do installs "$package"; done
for package in libboost1.81-dev openjdk-17-jre-headless default-jre-headless; do leaves "$package"; done

machine "a machine with g++" "$bookworm" "g++"
launch check
installs clang-19
leaves g++

machine "no ZooKeeper to be had" "${bookworm% *}" ""
launch check
says 'NO ZooKeeper: missing packages: zookeeper; the engine process'
launch replay
keeps_quiet_about 'NO ZooKeeper'

machine "a ZooKeeper of the user's" "$bookworm" ""
CUTOVER_ZOOKEEPER_CLASSPATH=/opt/zookeeper/lib/zookeeper.jar launch check
leaves zookeeper

machine "the tests" "$bookworm" ""
launch test --quick
installs libclang-rt-19-dev

machine "no such tests" "$bookworm" ""
launch test --slow
leaves cmake
says "'test --slow'?"
ends_with 2

machine "the mutants" "$bookworm" ""
launch test --mutants --list
installs python3
leaves clang-19
launch test --mutants
installs clang-19

machine "clang is there" "$bookworm" "g++ clang++-19 java"
launch check
leaves clang-19
leaves openjdk-17-jre-headless
says 'configuring build/release with clang++-19'
keeps_quiet_about 'g++ builds it'
says 'configuring failed'
ends_with 2

machine "no clang to be had, g++ there" "cmake libboost-dev" "g++"
launch check
leaves clang-19
leaves g++
installs libboost-dev
says 'configuring build/release with g++'
says 'there is no clang 19 or newer: g++ builds it'

machine "no clang to be had, and nothing there" "cmake g++" ""
launch check
installs g++

machine "a compiler of the user's" "$bookworm" "my-compiler"
CXX=my-compiler launch check
leaves clang-19
says 'configuring build/release with my-compiler'
CXX=my-compiler CUTOVER_WERROR='' launch check
says '-DCUTOVER_WERROR=OFF'
CXX=my-compiler CUTOVER_WERROR=1 launch check
says '-DCUTOVER_WERROR=ON'

machine "nothing may be installed" "$bookworm" "g++"
CUTOVER_NO_INSTALL=1 launch check
leaves clang-19
says 'missing packages: cmake ninja-build mold libboost1.81-dev'
ends_with 2

machine "a tree that g++ has built" "$bookworm" "g++"
mkdir -p "$here/clone/build/release"
echo "CMAKE_CXX_COMPILER:STRING=$here/bin/g++" >"$here/clone/build/release/CMakeCache.txt"
launch check
leaves clang-19

machine "its compiler has gone" "$bookworm" "clang++-19"
mkdir -p "$here/clone/build/release"
echo "CMAKE_CXX_COMPILER:STRING=$here/bin/clang++-18" >"$here/clone/build/release/CMakeCache.txt"
launch check
says 'configuring build/release with clang++-19'

machine "apt-get fails" "$bookworm" "clang++-19"
stand_in apt-get 'exit 100'
launch list
ends_with 2
says 'the packages could not be installed'

# configured PRESET...: as if they had been, so that they are built at once.
configured() {
  local preset
  for preset; do
    mkdir -p "$here/clone/build/$preset"
    : >"$here/clone/build/$preset/build.ninja"
    printf 'CMAKE_CXX_COMPILER:STRING=%s\nCUTOVER_WERROR:BOOL=OFF\n' "$here/bin/clang++-19" \
      >"$here/clone/build/$preset/CMakeCache.txt"
  done
  printf '#!/bin/sh\necho "it ran with: $*"; exit 3\n' >"$here/clone/build/release/cutover"
  chmod +x "$here/clone/build/release/cutover"
  stand_in ninja 'exit 0'
  mkdir -p "$here/clone/cql"
  printf '#!/bin/sh\nexit 0\n' >"$here/clone/cql/fetch"
  chmod +x "$here/clone/cql/fetch"
}

machine "what it built is run" "$bookworm" "clang++-19"
configured release
launch list --all
ends_with 3
says 'it ran with: list --all'

machine "a build that fails" "$bookworm" "clang++-19"
configured release
stand_in ninja 'exit 1'
for arguments in "list" "build" "test --quick"; do
  # shellcheck disable=SC2086
  launch $arguments
  ends_with 2
  says 'the build failed'
  keeps_quiet_about 'it ran'
  keeps_quiet_about 'all tests passed'
done

machine "tests that fail" "$bookworm" "clang++-19"
configured release asan tsan
stand_in ctest 'exit 8'
for arguments in "test --quick" "test"; do
  # shellcheck disable=SC2086
  launch $arguments
  ends_with 8
  keeps_quiet_about 'all tests passed'
done

machine "tests that pass" "$bookworm" "clang++-19"
configured release asan tsan
stand_in ctest "echo \"\$*\" >>'$here/tested'"
launch test --quick
ends_with 0
says 'all tests passed'
[ "$(grep -c -e '--test-dir' "$here/tested")" = 1 ] || complain "tests other than the quick ones"
grep -q -e 'build/release .* -LE slow' "$here/tested" || complain "tests the slow ones, too"
: >"$here/tested"
launch test
ends_with 0
for tested in 'build/release .*-j2 *$' 'build/asan .* -L unit|search$' 'build/tsan .* -L search$'; do
  grep -q -e "$tested" "$here/tested" || complain "does not test $tested"
done

machine "the sanitizers alone fail" "$bookworm" "clang++-19"
configured release asan tsan
for sanitizer in asan tsan; do
  stand_in ctest "case \"\$*\" in *build/$sanitizer*) exit 8;; esac"
  launch test
  ends_with 8
  keeps_quiet_about 'all tests passed'
done

[ "$failed" = 0 ] && echo "launcher_test: all as it should be"
exit "$failed"
