#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs tools/bazel on pretended machines: a folder for the files it looks for, a
# PATH with nothing but stand-ins, and an apt-get that only writes down its calls.
set -euo pipefail

bash=$(type -P bash)
wrapper=$(realpath "$1")
failures=0

all_files=(
  usr/bin/clang-19
  usr/bin/g++-12
  usr/bin/clang-format-19
  usr/bin/clang-tidy-19
  "usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.tsan-$HOSTTYPE.a"
  usr/lib/llvm-19/bin/ld.lld
  usr/lib/llvm-19/bin/llvm-symbolizer
  usr/bin/cmake
  usr/bin/make
  usr/bin/pkg-config
  usr/lib/llvm-22/bin/clang++
  "usr/lib/llvm-22/lib/clang/22/lib/linux/libclang_rt.fuzzer-$HOSTTYPE.a"
  usr/lib/llvm-22/lib/libc++.a
  usr/lib/llvm-22/lib/libc++abi.a
  usr/bin/unzip
  usr/bin/zip
  usr/bin/valgrind
  usr/bin/python3
  usr/lib/python3/dist-packages/yaml/__init__.py
  usr/bin/bazel
  usr/share/bazel/tools/platforms/BUILD
  usr/share/bazel/rules/java/BUILD
  usr/share/bazel/tools/skylib/BUILD
)

# Installed for those who ask for it.
aarch64_file=usr/aarch64-linux-gnu/include/c++/12/map

# stand_in NAME: an executable in the machine's /usr/bin; its body is on stdin.
stand_in() {
  { echo "#!$bash"; cat; } > "$machine/usr/bin/$1"
  chmod +x "$machine/usr/bin/$1"
}

put_file() {
  mkdir -p "$(dirname "$machine/$1")"
  case $1 in
    usr/bin/bazel) stand_in bazel <<< 'echo "ran $(basename "$0"): $*"' ;;
    *) : > "$machine/$1" ;;
  esac
}

# A Debian 12 with root and an apt-get that installs everything, but no package.
new_machine() {
  machine=$(mktemp -d "$TEST_TMPDIR/machine.XXXXXX")
  mkdir -p "$machine"/{etc,tmp,usr/bin}
  printf 'ID=debian\nVERSION_ID="12"\n' > "$machine/etc/os-release"
  local tool
  for tool in basename cat chmod dirname env grep mktemp mkdir rm tail; do
    ln -s "$(type -P "$tool")" "$machine/usr/bin/$tool"
  done
  stand_in id <<< 'echo 0'
  stand_in apt-get <<EOF
echo "apt-get \$*" >> "$machine/calls"
[[ \$1 == install ]] || exit 0
$(declare -f put_file stand_in)
bash=$bash machine=$machine
for file in ${all_files[*]@Q} $aarch64_file; do put_file "\$file"; done
EOF
}

install_everything() {
  local file
  for file in "${all_files[@]}"; do put_file "$file"; done
}

# run ARGUMENT...: sets status, out, err and calls (of apt-get).
run() {
  status=0
  env -i PATH="${path:-$machine/usr/bin}" TMPDIR="$machine/tmp" \
    PMA_SETUP_MACHINE="$machine" ${hook:+BAZEL_REAL="$hook"} \
    "$bash" "$wrapper" "$@" > "$machine/out" 2> "$machine/err" < /dev/null || status=$?
  out=$(< "$machine/out")
  err=$(< "$machine/err")
  calls=$(cat "$machine/calls" 2> /dev/null || true)
}

expect() {
  if ! (eval "$1"); then
    printf 'FAILED: %s: not so: %s\n  status: %s\n  out: %s\n  err: %s\n  calls: %s\n' \
      "$test" "$1" "$status" "$out" "$err" "$calls"
    failures=$((failures + 1))
  fi
}

one_line_of_error='[[ -n $err && $err != *$'"'\n'"'* && $status != 0 && -z $out ]]'

test='everything there, typed by a person: runs Bazel, says nothing'
new_machine
install_everything
run test //...
expect '[[ $status == 0 && $out == "ran bazel: test //..." && -z $err && -z $calls ]]'

test='everything there, as the launcher hook: runs BAZEL_REAL'
new_machine
install_everything
stand_in bazel-4 <<< 'echo "ran $(basename "$0"): $*"'
hook=$machine/usr/bin/bazel-4 run build 'a b'
expect '[[ $status == 0 && $out == "ran bazel-4: build a b" && -z $err && -z $calls ]]'

test='Bazel'"'"'s exit status is passed on'
new_machine
install_everything
stand_in bazel <<< 'exit 3'
run test //...
expect '[[ $status == 3 ]]'

test='found in PATH before Bazel: does not start itself'
new_machine
install_everything
path=$(dirname "$wrapper"):$machine/usr/bin run info
expect '[[ $out == "ran bazel: info" ]]'

test='bare machine, root: installs everything, says so, runs Bazel'
new_machine
run test //...
expect '[[ $status == 0 && $out == "ran bazel: test //..." ]]'
expect '[[ $err == *"installing"*"bazel-bootstrap"*"installed" ]]'
expect '[[ $calls == *"apt-get update"*"apt-get install --yes"* ]]'
for package in bazel-bootstrap bazel-platforms bazel-rules-java bazel-skylib \
  clang-19 clang-22 clang-format-19 clang-tidy-19 cmake g++-12 libc++-22-dev \
  libc++abi-22-dev libclang-rt-19-dev libclang-rt-22-dev lld-19 llvm-19 make \
  pkgconf python3 python3-yaml unzip valgrind zip; do
  expect '[[ "$calls " == *" $package "* ]]'
done
expect '[[ -z $(ls "$machine/tmp") ]]'

test='one package missing: installs only that one'
new_machine
install_everything
rm "$machine/usr/lib/llvm-19/bin/ld.lld"
run info
expect '[[ $status == 0 && $calls == *"Timeout=300 lld-19" ]]'

for config in aarch64 wide; do
  test="--config=$config: installs what it takes to compile for another processor"
  new_machine
  install_everything
  run test "--config=$config" //...
  expect '[[ $status == 0 && $calls == *"Timeout=300 libstdc++-12-dev-arm64-cross" ]]'
done

test='--config=aarch64 without apt: one line, with the package'
new_machine
install_everything
rm "$machine/usr/bin/apt-get"
run test --config=aarch64 //...
expect "$one_line_of_error"
expect '[[ $err == *"libstdc++-12-dev-arm64-cross"* ]]'

test='plain user with sudo: installs through it'
new_machine
stand_in id <<< 'echo 1000'
stand_in sudo <<< 'echo "sudo $*" >> "$PMA_SETUP_MACHINE/calls"; exec "$@"'
run info
expect '[[ $status == 0 && $calls == *"sudo env DEBIAN_FRONTEND=noninteractive apt-get install"* ]]'

test='plain user without sudo: one line, with the command to run'
new_machine
stand_in id <<< 'echo 1000'
run test //...
expect "$one_line_of_error"
expect '[[ $err == *"apt-get install clang-19"*"bazel-skylib" && -z $calls ]]'

test='no apt: one line'
new_machine
rm "$machine/usr/bin/apt-get"
run test //...
expect "$one_line_of_error"
expect '[[ $err == *"not a Debian 12"*"clang-19"* ]]'

test='another system: one line, apt left alone'
new_machine
printf 'ID=ubuntu\nVERSION_ID="24.04"\n' > "$machine/etc/os-release"
run test //...
expect "$one_line_of_error"
expect '[[ -z $calls ]]'

test='another system with all tools: runs Bazel'
new_machine
rm "$machine/etc/os-release"
install_everything
run info
expect '[[ $status == 0 && $out == "ran bazel: info" ]]'

test='a newer Bazel as the hook: needs no Debian packages of Bazel libraries'
new_machine
install_everything
rm -r "$machine/usr/share" "$machine/usr/bin/bazel"
stand_in bazel-8 <<< 'echo "ran $(basename "$0"): $*"'
hook=$machine/usr/bin/bazel-8 run info
expect '[[ $status == 0 && $out == "ran bazel-8: info" && -z $calls ]]'

test='apt fails: one line with the reason and the log, Bazel not started'
new_machine
stand_in bazel <<< 'echo ran'
stand_in apt-get <<< '[[ $1 != install ]] || { echo "E: Unable to fetch some archives"; exit 100; }'
run test //...
expect '[[ $status != 0 && -z $out ]]'
expect '[[ ${err##*$'"'\n'"'} == *"could not install"*"E: Unable to fetch some archives"*"see $machine/tmp/"* ]]'

test='apt installs nothing and does not say so: noticed'
new_machine
stand_in apt-get <<< 'exit 0'
run test //...
expect '[[ $status != 0 && -z $out && $err == *"apt-get reported success, but"* ]]'

test='BAZEL_REAL that does not exist: one line'
new_machine
install_everything
hook=$machine/usr/bin/bazel-9 run info
expect "$one_line_of_error"
expect '[[ $err == *"no Bazel at"*"bazel-9"* ]]'

test='PMA_SETUP=skip: no look at the machine'
new_machine
stand_in bazel <<< 'echo ran'
status=0
out=$(env -i PATH="$machine/usr/bin" PMA_SETUP=skip PMA_SETUP_MACHINE="$machine" "$bash" "$wrapper" info 2>&1) || status=$?
err='' calls=$(cat "$machine/calls" 2> /dev/null || true)
expect '[[ $status == 0 && $out == ran && -z $calls ]]'

((failures == 0)) || exit 1
echo 'tools/bazel: all cases as expected'
