#!/bin/sh
# Installs what the tests need beside Node and npm, on Debian and its relatives. Says what it does; safe to repeat,
# and done at once, without the network, when nothing is missing. Exits 1 when something could not be installed.
set -eu

# One line a tool: what is looked for, the package that brings it, and what needs it.
needed='
perl    perl-base   the keeper, which starts the apps
openssl  openssl  a test with a certificate that nobody vouches for
setsid  util-linux  the launcher for machines without perl, and programs that try to escape a stop
ps      procps      tests that look at sessions and process groups
bash    bash        process-compose files that name no shell
git     git         .ci/run, which works on a fresh clone
mount   mount       the fault matrix: disks of a few MiB
strace  strace      the fault matrix: a daemon that is killed at, or failed by, a system call
mkfs.ext4  e2fsprogs  the fault matrix: a disk whose power is cut
faketime  faketime  the fault matrix: a wall clock that jumps
chromium  chromium  the tests that run in a browser too
tmux    tmux        the tests of what a terminal shows
ssh     openssh-client  the test of `top` over ssh
/usr/sbin/sshd  openssh-server  the same, at the other end
zsh     zsh         the tests of its completion
fish    fish        the tests of its completion
systemd-analyze  systemd  the test of `daemon unit`
pg_lsclusters  postgresql  the tests of relays that share a store
nats-server  nats-server  the tests of relays that share a store
nginx   nginx-light  the tests of a relay behind a proxy
caddy   caddy       the tests of a relay behind a proxy
'

missing() {
  printf '%s\n' "$needed" | while read -r tool package _; do
    if [ -n "$tool" ] && ! command -v "$tool" >/dev/null 2>&1; then
      printf '%s\n' "$package"
    fi
  done
}

# The other engines, 190 MB, come from the npm registry and stay outside of the tree: docs/decisions/011-engines.md.
engines="${XDG_CACHE_HOME:-$HOME/.cache}/holdfast/engines"

# engine NAME VERSION PACKAGE FILE: makes "$engines/NAME". Without it tests are skipped, and nothing else is wrong.
engine() {
  at="$engines/$1-$2"
  if [ ! -e "$at" ]; then
    echo "setup: npm install $3@$2, to $at"
    mkdir -p "$engines"
    new=$(mktemp -d "$at.XXXXXX")
    # The package of one platform is the program itself: no script of it runs.
    if (cd "$new" && npm install --silent --no-save --no-package-lock --ignore-scripts --prefix "$new" "$3@$2") &&
      "$new/node_modules/$3/$4" --version >/dev/null && mv -T "$new" "$at"; then :; else
      rm -rf "$new"
    fi
  fi
  if [ -e "$at" ]; then
    ln -sfn "$1-$2/node_modules/$3/$4" "$engines/$1"
  else
    echo "setup: no $1 $2; its tests are skipped" >&2
  fi
}

case $(uname -sm) in
  'Linux x86_64') engine bun 1.4.5 @oven/bun-linux-x64 bin/bun; engine deno 2.9.6 @deno/linux-x64-glibc deno ;;
  'Linux aarch64') engine bun 1.4.5 @oven/bun-linux-aarch64 bin/bun; engine deno 2.9.6 @deno/linux-arm64-glibc deno ;;
esac

packages=$(missing | tr '\n' ' ')
if [ -z "$packages" ]; then
  echo "setup: everything the tests need is there"
  exit 0
fi
echo "setup: missing: $packages"

if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: there is no apt-get here; install them by hand" >&2
  exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "setup: neither root nor sudo; install them by hand" >&2; exit 1; }
  as_root='sudo -n'
fi

# Servers that tests start by themselves: their packages are not to start them as services.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '$as_root rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
echo "setup: apt-get update, then apt-get install $packages"
# A list that cannot be refreshed may still be good enough.
$as_root apt-get -qq update || echo "setup: apt-get update failed; trying with the lists that are there" >&2
# shellcheck disable=SC2086 # several packages, none with a space in its name
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $packages || true

packages=$(missing | tr '\n' ' ')
if [ -n "$packages" ]; then
  echo "setup: still missing: $packages" >&2
  exit 1
fi
echo "setup: done"
