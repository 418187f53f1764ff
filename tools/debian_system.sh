# A Debian of some release in a folder below build/, for tests that need one. For bash to source after common.sh.

# From where this system has its own packages, if it is a Debian.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | head -n 1 || true)
# Apt's own proxy, if it has one, also for debootstrap and for the apt within the folder.
http_proxy=${http_proxy:-}
command -v apt-config >/dev/null && eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
export http_proxy

# By what apt itself fetches with; it would not fetch anew a file that is there.
is_reachable() {
    local folder result=0
    folder=$(mktemp --directory)
    /usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "${mirror}dists/$1/InRelease" "$folder/InRelease" \
        >/dev/null 2>&1 || result=1
    rm -r "$folder"
    return $result
}

# Root of a container often may not.
may_enter() {
    unshare --mount true 2>/dev/null && chroot / true 2>/dev/null
}

# system_obstacle RELEASE: prints why it cannot be made here, if it cannot.
system_obstacle() {
    if ((EUID != 0)); then
        echo "only root can install a system in a folder"
    elif ! may_enter; then
        echo "mount or chroot is not permitted here"
    elif [[ -e $project/build/$1/.complete ]]; then
        return
    elif [[ -z $mirror ]]; then
        echo "apt does not say where packages of Debian come from"
    elif ! (require_packages debootstrap); then
        echo "debootstrap is not there"
    elif ! is_reachable "$1"; then
        echo "$mirror cannot be reached"
    fi
}

# make_system RELEASE: in build/RELEASE, once; a run that was interrupted leaves no `.complete`, and the next one begins
# anew. Fails where debootstrap does, which has said why.
make_system() {
    local system=$project/build/$1
    if [[ -e $system/.complete ]]; then
        return
    fi
    say "installing Debian in build/$1 …"
    rm -rf --one-file-system "$system"
    quietly debootstrap debootstrap --variant=minbase "$1" "$system" "$mirror" || return
    # Names that tests look up.
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$system/etc/hosts"
    # Packages of servers must not start them: they would run in the system around.
    printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d"
    chmod +x "$system/usr/sbin/policy-rc.d"
    touch "$system/.complete"
}

# inside SYSTEM COMMAND…
inside() {
    local system=$1
    shift
    chroot "$system" /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LANG=C.UTF-8 \
        http_proxy="$http_proxy" "$@"
}
