#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Downloads Debian packages into the current folder, without installing them:
#
#   apt_fetch.sh source NAME       the upstream tarball of a source package
#   apt_fetch.sh binary NAME...    the .debs of binary packages
#
# Works as root and as a plain user and leaves the machine's apt as it was: the
# archive, its mirror and its signing keys come from the machine's own
# configuration; package lists and cache are private, in ./apt, which is
# removed at the end. Prints the paths of the downloaded files, one a line.
set -euo pipefail

fail() {
  printf 'apt_fetch.sh: %s\n' "$*" >&2
  exit 1
}

(($# >= 2)) || fail "usage: apt_fetch.sh source NAME | binary NAME..."
kind=$1
shift
names=("$@")
case $kind in
  source)
    type=deb-src
    ((${#names[@]} == 1)) || fail "one source package at a time"
    ;;
  binary) type=deb ;;
  *) fail "first argument '$kind' is neither 'source' nor 'binary'" ;;
esac
type -P apt-get > /dev/null ||
  fail "Debian package '${names[*]}' is needed, but this system has no apt-get"

private=$PWD/apt
rm -rf "$private"
mkdir -p "$private"/{sources,lists/partial,cache/archives/partial}
trap 'rm -rf "$private"' EXIT

etc=$(apt-config shell etc Dir::Etc/d)
eval "$etc"
codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")

# Copies the machine's package sources with $type in place of their own types.
# With $1 = release, only those of the running Debian release: third-party
# sources cost time and may be out of reach.
copy_sources() {
  local only=$1 file
  rm -f "$private"/sources/*
  for file in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
    [[ -f $file ]] || continue
    awk -v type="$type" -v only="$only" -v codename="$codename" '
      $1 == "deb" || $1 == "deb-src" {
        if (only == "release" && $0 !~ "[ \t/]" codename "(-updates|-security|/updates)?[ \t]") next
        sub(/^[ \t]*deb(-src)?/, type)
        print
      }' "$file" >> "$private/sources/all.list"
  done
  for file in "$etc"/sources.list.d/*.sources; do
    [[ -f $file ]] || continue
    awk -v type="$type" -v only="$only" -v codename="$codename" '
      BEGIN { RS = ""; ORS = "\n\n" }
      {
        if (tolower($0) ~ /(^|\n)enabled:[ \t]*(no|false)/) next
        if (only == "release" && $0 !~ "(^|\n)Suites:([^\n]*[ \t])?" codename "(-updates|-security)?([ \t\n]|$)") next
        if (!sub(/(^|\n)Types:[^\n]*/, "\nTypes: " type)) next
        print
      }' "$file" >> "$private/sources/all.sources"
  done
  find "$private/sources" -empty -type f -delete
  [[ -n $(ls "$private/sources") ]]
}

options=(
  -o "Dir::Etc::sourcelist=/dev/null"
  -o "Dir::Etc::sourceparts=$private/sources"
  -o "Dir::State::lists=$private/lists"
  -o "Dir::Cache=$private/cache"
  -o "APT::Sandbox::User=$(id -un)"
  -o "Debug::NoLocking=1"
  -o "Acquire::Languages=none"
  -o "APT::Get::List-Cleanup=0"
  -o "APT::Update::Post-Invoke::="
)

download() {
  # An unreachable source is no reason to stop: another may have the package.
  apt-get "${options[@]}" -q update || true
  case $kind in
    source) apt-get "${options[@]}" -q source --download-only --only-source --tar-only "${names[@]}" ;;
    binary) apt-get "${options[@]}" -q download "${names[@]}" ;;
  esac
}

{
  copy_sources release || copy_sources all ||
    fail "no package sources in $etc: Debian package '${names[*]}' cannot be found"
  if ! download; then
    # The package may be in a source that does not carry the release's name.
    copy_sources all && download ||
      fail "apt could not download the $kind package '${names[*]}' (its messages are above)"
  fi
} >&2

shopt -s nullglob
for name in "${names[@]}"; do
  case $kind in
    source) files=("$PWD/${name}"_*.orig.tar.*[!c]) ;;
    binary) files=("$PWD/${name}"_*.deb) ;;
  esac
  ((${#files[@]} == 1)) ||
    fail "expected one file of the $kind package '$name', found ${#files[@]}"
  printf '%s\n' "${files[0]}"
done
