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

/** Makes the registrations of a folder what its files say. Gives the ids that changed. */
export const putRegistrationsCommand: Command<PutRegistrationsInput, { readonly changed: readonly string[] }> = {
  name: 'put-registrations',
  key: () => 'put-registrations',
  releases: 'committed',
  async decide(shard, { folder, registrations, brokenFiles }) {
    const rows = await readRegistrations(shard.context.database);
    const stored = new Map(rows.map((row) => [row.id, row]));
    const wanted = new Set(registrations.map(({ id }) => id));
    const changed = registrations
      .map((registration) => ({ ...registration, folder }))
      .filter((row) => !isSame(row, stored.get(row.id)));
    const gone = rows.filter((row) => row.folder === folder && !wanted.has(row.id) && !brokenFiles.includes(row.file));
    const result = { changed: [...changed, ...gone].map(({ id }) => id) };
    if (result.changed.length === 0) return { result };
    const committed = shard.append(1, () => ({
      entries: [{ kind: 'application-services', body: {} }],
      writes: [...changed.map(putRegistration), ...gone.map(({ id }) => deleteRegistration(id))],
    }));
    return { result, committed };
  },
};

function isSame(row: RegistrationRow, other: RegistrationRow | undefined): boolean {
  return other?.registration === row.registration && other.folder === row.folder && other.file === row.file;
}
