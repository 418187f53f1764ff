# Shared by examples/run, tests/run, bench/run and .ci/run: what must be installed, and quiet builds. For bash to
# source.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(g++ cmake ninja-build libssl-dev)
boost_packages=(libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev)
# Where a distribution has Boost 1.83 or newer under its plain name.
newer_boost_packages=(libboost-dev libboost-json-dev libboost-url-dev)
example_packages=(libcli11-dev)
# What a newcomer uses beside the library.
newcomer_packages=(ccache pkg-config python3 nodejs prometheus curl)
bench_packages=(libcurl4-openssl-dev libbenchmark-dev nginx openssl python3)
test_packages=(libgtest-dev libgmock-dev libcli11-dev pkg-config python3 nginx-light microsocks squid stunnel4
    redis-server libhiredis-dev prometheus curl abigail-tools)

# What only tests need of Boost, of the version that is there.
boost_test_packages() {
    if installed libboost-json1.81-dev; then
        echo libboost-context1.81-dev
    else
        echo libboost-context-dev
    fi
}

say() {
    printf '%s\n' "$*" >&2
}

installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing_of() {
    local package
    for package in "$@"; do
        installed "$package" || printf '%s\n' "$package"
    done
}

# Installs those of the given packages and of Boost that are missing. With all of them there, it does nothing.
require_packages() {
    if ! command -v dpkg-query >/dev/null; then
        return # Not Debian's kind of system: CMake says what it does not find.
    fi
    # Not read from a process: that needs /proc, which a folder to `chroot` into does not have.
    local missing=() package
    for package in "$@"; do
        installed "$package" || missing+=("$package")
    done
    local boost_missing=false
    if [[ -n $(missing_of "${boost_packages[@]}") && -n $(missing_of "${newer_boost_packages[@]}") ]]; then
        boost_missing=true
    fi
    if ((${#missing[@]} == 0)) && ! $boost_missing; then
        return
    fi

    local as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            $boost_missing && missing+=("${boost_packages[@]}")
            say "These packages are missing, and only root can install them: apt-get install ${missing[*]}"
            exit 1
        fi
        as_root=(sudo)
    fi
    export DEBIAN_FRONTEND=noninteractive
    quietly "apt-get update" "${as_root[@]}" apt-get -o Acquire::Retries=3 update
    if $boost_missing; then
        # It silently succeeds for a name that other packages only mention.
        if [[ -n $(apt-cache show libboost-json1.81-dev 2>/dev/null) ]]; then
            missing+=("${boost_packages[@]}")
        else
            missing+=("${newer_boost_packages[@]}")
        fi
    fi
    say "installing ${missing[*]} …"
    # --no-remove: a Boost of another version that somebody relies on is not replaced behind their back.
    quietly "apt-get install" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -o Acquire::Retries=3 install --yes --no-install-recommends --no-remove "${missing[@]}"
}

# quietly WHAT COMMAND…: runs the command; its output is shown only if it fails.
quietly() {
    local what=$1
    shift
    local log
    log=$(mktemp)
    if "$@" >"$log" 2>&1 </dev/null; then
        rm -f "$log"
        return 0
    fi
    cat "$log" >&2
    rm -f "$log"
    say "$what failed"
    return 1
}

# copy_sources FOLDER: with the times of the files, so that only what changed is built.
copy_sources() {
    rm -rf "$1"
    mkdir -p "$1"
    tar -C "$project" --exclude='./build*' --exclude=./.git --exclude=./.cache -cf - . | tar -C "$1" -xf -
}

# lock PRESET: two runs at a time must not use one build folder; the second waits until the first calls `unlock`.
lock() {
    mkdir -p "$project/build"
    exec 9>"$project/build/.$1.lock"
    flock 9
}

unlock() {
    exec 9>&-
}

# configure PRESET OPTIONS…: only where it was not done yet; after that, the build itself sees what has changed.
configure() {
    local preset=$1
    shift
    local folder=$project/build/$preset
    local cache=$folder/CMakeCache.txt
    if [[ -e $folder/build.ninja ]] && grep --quiet --line-regexp --fixed-strings \
        "CMAKE_HOME_DIRECTORY:INTERNAL=$project" "$cache"; then
        return 0
    fi
    (cd "$project" && quietly "configuring build/$preset" cmake --fresh --preset "$preset" "$@")
}

build_jobs() {
    printf '%s\n' "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}"
}

# up_to_date PRESET TARGET
up_to_date() {
    [[ -e $project/build/$1/build.ninja ]] &&
        ninja -C "$project/build/$1" -n "$2" 2>/dev/null | grep --quiet "no work to do"
}

# build PRESET TARGET: configures and builds, quietly.
build() {
    local preset=$1 target=$2
    configure "$preset" &&
        quietly "building build/$preset" \
            cmake --build "$project/build/$preset" --parallel "$(build_jobs)" --target "$target"
}
