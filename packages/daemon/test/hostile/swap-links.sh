# Puts a link, a directory, a file and nothing in a place, as fast as it can, until it is ended. Arguments: place, target.
while :; do
  ln -s "$2" "$1"; rm -f "$1"
  mkdir "$1"; rmdir "$1"
  echo "evil" > "$1"; chmod 666 "$1"; rm -f "$1"
  mkfifo "$1"; rm -f "$1"
done 2>/dev/null
