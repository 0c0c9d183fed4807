/**
 * The shim: the parent of one app where there is no perl. Arguments: the path of its records without the ending, a
 * list of cgroups, one a line, the working directory, variables to unset, the program and its arguments.
 *
 * It keeps no name of its own in the environment, so that none of the app's can be disturbed, and it carries no
 * cookie, so that it is not killed with the tree it reports on. It ignores nothing (an ignored signal would be
 * inherited) but catches. Where both records are gone when the program is, whoever waited for a failed launch has read
 * of it and taken them away: nothing is written that nobody would ever remove.
 */
export function shimProgram(setsid: string): string {
  return `
trap : HUP INT QUIT USR1 USR2 PIPE ALRM TERM
fail() { echo "error $2 $3" >"$1.exit"; rm -f "$1.pid"; exit 127; }
(
  trap - HUP INT QUIT USR1 USR2 PIPE ALRM TERM
  IFS='
'
  for each in $2; do echo 0 >"$each/cgroup.procs" || fail "$1" cgroup 1; done
  unset IFS each
  cd -P "$3" || fail "$1" chdir 13
  HOLDFAST_COOKIE=\${1##*/}; export HOLDFAST_COOKIE
  exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
  exec ${setsid} /bin/sh -c 'start() { shift 19; echo $$ $1; }
    read -r _stat </proc/$$/stat; start \${_stat##*) } >"$1.pid"; unset _stat $4; shift 4; exec "$@"' sh "$@"
)
set -- "$1" "$?"
[ -s "$1.exit" ] || [ ! -e "$1.pid" ] && exit
if [ "$2" -gt 128 ] && kill -l $(($2 - 128)) >/dev/null 2>&1; then set -- "$1" "signal $(($2 - 128))"
else set -- "$1" "exit $2"; fi
while [ -d "\${1%/*}" ] && ! echo "$2" >"$1.exit"; do sleep 1; done
`;
}
