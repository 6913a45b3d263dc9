#!/bin/sh
# backup.sh DIRECTORY: one compressed dump, synced to disk before it gets its name; keeps the last BACKUPS_KEPT (14).
# The encryption keys are not in it, on purpose: keep /etc/shabaka/environment in another place.
set -eu

directory=$1
kept=${BACKUPS_KEPT:-14}
name=shabaka-$(date -u +%Y%m%dT%H%M%SZ).dump

# libpq knows the address without SQLAlchemy's driver name. A password in it would show in `ps`: use a socket or ~/.pgpass
address=$(printf '%s' "$DATABASE_URL" | sed 's/^postgresql+psycopg2:/postgresql:/')

rm -f "$directory"/.unfinished-*
# pg_dump syncs the file to disk before it ends well
pg_dump --format=custom --compress=6 --lock-wait-timeout=60000 --no-password \
  --file="$directory/.unfinished-$name" --dbname="$address"
pg_restore --list "$directory/.unfinished-$name" >/dev/null
mv "$directory/.unfinished-$name" "$directory/$name"
sync "$directory"

ls -1 "$directory"/shabaka-*.dump | sort -r | tail -n "+$((kept + 1))" | while read -r old; do rm -f "$old"; done
echo "$directory/$name"
