#!/bin/bash
# usage: debian_test.sh WORK CONSUMER
# Builds the Debian packages, unpacks them, and builds and runs the programs of a user against them.
set -euo pipefail

packaging=$(cd "$(dirname "$0")/../../packaging" && pwd)
work=$1
consumer=$2

rm -rf "$work"
mkdir -p "$work"
"$packaging/build-debian"
for package in "$packaging"/../build/debian/*.deb; do
    dpkg-deb --extract "$package" "$work/root"
done
for file in usr/bin/sipher-sandbox usr/share/man/man1/sipher-sandbox.1.gz usr/share/doc/libsipher-dev/copyright; do
    [[ -e $work/root/$file ]] || { printf '%s\n' "no package has $file" && exit 1; }
done
libraries=$(dirname "$work"/root/usr/lib/*/libsipher.so)
export LD_LIBRARY_PATH=$libraries PKG_CONFIG_PATH=$libraries/pkgconfig
cmake -G Ninja -S "$consumer" -B "$work/consumer" -D CMAKE_PREFIX_PATH="$work/root/usr"
cmake --build "$work/consumer"
ctest --test-dir "$work/consumer" --output-on-failure --no-tests=error
read -ra words <<<"$(pkg-config --cflags --libs sipher-testing sipher-observability)"
g++ "$consumer/../program_with_sandbox.cpp" -o "$work/program" "${words[@]}"
"$work/root/usr/bin/sipher-sandbox" -- "$work/program"
rm -rf "$work"
