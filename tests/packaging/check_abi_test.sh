#!/bin/bash
# usage: check_abi_test.sh CHECK_ABI WORK
# packaging/check-abi on small libraries: what it lets pass, and what it finds.
set -euo pipefail

check_abi=$1
work=$2
rm -rf "$work"
mkdir -p "$work"

header='#pragma once
struct session { int id; };
struct observer { virtual ~observer(); virtual void on_connect(); };
int count(const session&);
int close(session&);'
source='#include <library.hpp>
observer::~observer() = default;
void observer::on_connect() {}
int count(const session& it) { return it.id; }
int close(session& it) { return it.id; }'

# install NAME SONAME SED-SCRIPT: the library as the script changes it, in $work/NAME.
install() {
    local prefix=$work/$1
    mkdir -p "$prefix/include" "$prefix/lib"
    sed -E "$3" <<<"$header" >"$prefix/include/library.hpp"
    sed -E "$3" <<<"$source" >"$prefix/library.cpp"
    g++ -g -O0 -fPIC -shared -I"$prefix/include" "-Wl,-soname,$2" "$prefix/library.cpp" -o "$prefix/lib/library.so"
}

# finds CODE TEXT NAME: comparing `before` with NAME ends with that code and says that.
finds() {
    local code=0 said
    said=$("$check_abi" --installed "$work/before" "$work/$3" 2>&1) || code=$?
    if ((code != $1)) || [[ $said != *"$2"* ]]; then
        printf '%s\n' "$3: exit code $code instead of $1, and not '$2':" "$said"
        exit 1
    fi
}

install before library.so.0.1 ''
install same library.so.0.1 ''
finds 0 'library.so: as before' same
install with_more library.so.0.1 's/^int close\(session& it\).*/&\nint more() { return 1; }/'
finds 0 'library.so: as before' with_more
install with_less library.so.0.1 '/int close/d'
finds 1 'close(session&)' with_less
install with_another_layout library.so.0.1 's/int id;/int id; long ends;/'
finds 1 "type size changed from 32 to 128" with_another_layout
install with_another_virtual library.so.0.1 's/(virtual void on_connect\(\);)/virtual void on_close() {} \1/'
finds 1 'on_close' with_another_virtual
install of_another_name library.so.0.2 '/int close/d'
finds 0 'library.so.0.1 has become library.so.0.2, so it may be different' of_another_name
finds 0 'close(session&)' of_another_name
mkdir -p "$work/nothing/lib"
finds 1 'library.so is not there any more' nothing
