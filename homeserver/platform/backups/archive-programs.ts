import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresUser } from '../embedded-postgres/choose-postgres-user.ts';
import { writeOwnedFile } from '../embedded-postgres/initialize-cluster.ts';

export interface ArchivePrograms {
  /** The cluster's home, where the programs are put. */
  readonly home: string;
  readonly user: PostgresUser | undefined;
  /** Of the backups. */
  readonly folder: string;
  readonly reserveBytes: number;
  /** So many logs of 16 MiB may wait for a volume that is away; 4 GiB unless given. */
  readonly waitingLimit?: number;
}

const defaultWaitingLimit = 256;

const archiveFile = (home: string) => join(home, 'archive-log.sh');
const restoreFile = (home: string) => join(home, 'restore-log.sh');
/** Names of logs that were given up, one a line. What was written since the first of them needs a new base backup. */
export const lostLogsFile = (home: string) => join(home, 'lost-logs');

export const archiveCommand = (home: string) => `/bin/sh ${quote(archiveFile(home))} "%p" "%f"`;
export const restoreCommand = (home: string) => `/bin/sh ${quote(restoreFile(home))} "%f" "%p"`;

/**
 * Writes the two programs that PostgreSQL calls. They are for /bin/sh, because PostgreSQL's account may be unable to
 * get to Node.js, and because archiving must go on while Holdfast does not run.
 */
export async function writeArchivePrograms(programs: ArchivePrograms): Promise<void> {
  const { home, user } = programs;
  for (const [file, text] of [
    [archiveFile(home), formatArchiveProgram(programs)],
    [restoreFile(home), formatRestoreProgram(programs.folder, undefined)],
  ] as const) {
    await writeOwnedFile(file, text, user);
    await chmod(file, 0o700);
  }
}

/** The program for a restore also looks at the logs of the database that is replaced, which were not archived yet. */
export async function writeRestoreProgram(home: string, user: PostgresUser | undefined, folder: string, logs: string) {
  await writeOwnedFile(restoreFile(home), formatRestoreProgram(folder, logs), user);
  await chmod(restoreFile(home), 0o700);
}

/** Where the programs are that ours call: whoever started PostgreSQL may have had another PATH, or none. */
const programPlaces = 'PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin${PATH:+:$PATH}\nexport PATH';

/**
 * PostgreSQL keeps a log until this has ended with 0 for it. A log is stored under another name first, on the disk, and
 * then renamed; what is there under its name is never overwritten. When the volume is away or full, logs wait, but not
 * without end: a database that stops because its own disk is full is worse than a backup with a gap.
 */
export function formatArchiveProgram({ home, folder, reserveBytes, waitingLimit }: ArchivePrograms): string {
  return `#!/bin/sh
# Written by Holdfast at every start: what is changed here is lost. PostgreSQL calls it for each finished log:
#   archive-log.sh PATH NAME
set -u
${programPlaces}
path=$1
name=$2
folder=${quote(folder)}
lost=${quote(lostLogsFile(home))}
limit=${waitingLimit ?? defaultWaitingLimit}
# Which database this is: another one in the same place, made anew or upgraded, has logs of the same names.
system=$(od -An -tu8 -N8 "$(dirname "$(dirname "$path")")/global/pg_control" | tr -d ' \\n')
store=$folder/wal/$system
target=$store/$name.gz
partial=$store/.$name.partial

volume() { df -Pk "$1" | awk 'NR == 2 { print $1 }'; }

refuse() {
  rm -f "$partial"
  waiting=$(ls pg_wal/archive_status | grep -c '\\.ready$')
  # Given up only where they can be counted: a log that is kept for too long can still be archived.
  if ! [ "\${waiting:-0}" -gt "$limit" ]; then
    echo "holdfast: $name is not archived: $1 (\${waiting:-unknown} logs wait)" >&2
    exit 1
  fi
  echo "holdfast: $name is given up: $1. The next base backup begins anew" >&2
  echo "$name" >>"$lost"
  exit 0
}

[ -e "$folder/holdfast-backups" ] || refuse "$folder is not there"
[ -n "$system" ] || refuse 'global/pg_control cannot be read'
umask 077
[ -d "$store" ] || mkdir -p "$store" || refuse "$store cannot be made"
if [ -e "$target" ]; then
  gzip -dc "$target" | cmp -s - "$path" && exit 0
  refuse "$target has other content"
fi
free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
if [ "$free" -lt ${Math.ceil(reserveBytes / 1024)} ]; then
  # Logs that wait would fill the same disk, and sooner: there they are not compressed.
  [ "$(volume "$folder")" = "$(volume .)" ] && limit=-1
  refuse "only $free KiB are free on its volume"
fi
gzip -1 -c "$path" >"$partial" || refuse 'it cannot be written'
sync "$partial" 2>/dev/null || sync
ln "$partial" "$target" 2>/dev/null || { [ ! -e "$target" ] && mv "$partial" "$target"; } || refuse 'it cannot be named'
rm -f "$partial"
sync "$store" 2>/dev/null || sync
exit 0
`;
}

export function formatRestoreProgram(folder: string, logs: string | undefined): string {
  return `#!/bin/sh
# Written by Holdfast: what is changed here is lost. PostgreSQL calls it for each log that it recovers from:
#   restore-log.sh NAME PATH
set -u
${programPlaces}
# pg_rewind calls it elsewhere than in the data folder, and with the whole path.
system=$(od -An -tu8 -N8 "$(dirname "$(dirname "$2")")/global/pg_control" | tr -d ' \\n')
source=${quote(folder)}/wal/$system/$1.gz
# As they were stored before each database had a folder of its own.
[ -e "$source" ] || source=${quote(folder)}/wal/$1.gz
if [ -e "$source" ]; then
  gzip -dc "$source" >"$2.partial" || exit 1
  mv "$2.partial" "$2"
  exit 0
fi
logs=${quote(logs ?? '')}
[ -n "$logs" ] && [ -e "$logs/$1" ] && exec cp "$logs/$1" "$2"
exit 1
`;
}

/** For the shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
