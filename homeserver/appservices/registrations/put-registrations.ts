import type { Command } from '../../platform/shard-log/command.ts';
import { readRegistrations } from '../../storage/appservices/read-registrations.ts';
import type { RegistrationRow } from '../../storage/appservices/registration-row.ts';
import { deleteRegistration, putRegistration } from '../../storage/appservices/write-registrations.ts';

/** What a folder of registration files holds. */
export interface PutRegistrationsInput {
  readonly folder: string;
  readonly registrations: readonly Omit<RegistrationRow, 'folder'>[];
  /** Files that are there and cannot be used: what they last said stays. */
  readonly brokenFiles: readonly string[];
}

/** Where all registrations are written. */
export const registrationShard = 0;

export interface PutRegistrationsResult {
  /** The ids of those that changed. */
  readonly changed: readonly string[];
  /** What keeps some from it, a sentence each, beginning with the file: they stay what they were. */
  readonly problems: readonly string[];
}

/** Makes the registrations of a folder what its files say. */
export const putRegistrationsCommand: Command<PutRegistrationsInput, PutRegistrationsResult> = {
  name: 'put-registrations',
  key: () => 'put-registrations',
  releases: 'committed',
  async decide(shard, { folder, registrations, brokenFiles }) {
    const rows = await readRegistrations(shard.context.database);
    const stored = new Map(rows.map((row) => [row.id, row]));
    const named = new Set(registrations.map(({ id }) => id));
    const gone = rows.filter((row) => row.folder === folder && !named.has(row.id) && !brokenFiles.includes(row.file));
    const wanted = registrations.map((registration) => ({ ...registration, folder }));
    const { allowed, problems } = leaveOutClashes(wanted, without(rows, gone));
    const changed = allowed.filter((row) => !isSame(row, stored.get(row.id)));
    const result = { changed: [...changed, ...gone].map(({ id }) => id), problems };
    if (result.changed.length === 0) return { result };
    const committed = shard.append(1, () => ({
      entries: [{ kind: 'application-services', body: {} }],
      writes: [...changed.map(putRegistration), ...gone.map(({ id }) => deleteRegistration(id))],
    }));
    return { result, committed };
  },
};

function without(rows: readonly RegistrationRow[], others: readonly RegistrationRow[]): RegistrationRow[] {
  return rows.filter((row) => !others.includes(row));
}

/**
 * No two services can have one token. Those of files that cannot be used, and of other folders, have theirs; and so has
 * again whoever is not allowed to change.
 */
function leaveOutClashes(
  wanted: readonly RegistrationRow[],
  rows: readonly RegistrationRow[],
): { allowed: readonly RegistrationRow[]; problems: readonly string[] } {
  const problems: string[] = [];
  let allowed = wanted;
  for (;;) {
    const changing = new Set(allowed.map(({ id }) => id));
    const owners = new Map(rows.filter(({ id }) => !changing.has(id)).map((row) => [tokenOf(row), row]));
    const clashing = allowed.filter((row) => owners.has(tokenOf(row)));
    if (clashing.length === 0) return { allowed, problems };
    for (const row of clashing)
      problems.push(`${row.file}: the as_token is that of ${owners.get(tokenOf(row))?.id ?? ''}`);
    allowed = without(allowed, clashing);
  }
}

function tokenOf({ registration }: RegistrationRow): string {
  return (JSON.parse(registration) as { as_token: string }).as_token;
}

function isSame(row: RegistrationRow, other: RegistrationRow | undefined): boolean {
  return other?.registration === row.registration && other.folder === row.folder && other.file === row.file;
}
