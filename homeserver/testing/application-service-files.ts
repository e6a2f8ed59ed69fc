import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A folder of registration files for a test homeserver (`application_services.folder`). */
export interface RegistrationFiles {
  readonly folder: string;
  /** Writes a file: an object as YAML, text as it is. */
  put(name: string, content: object | string): Promise<void>;
  remove(name: string): Promise<void>;
  drop(): Promise<void>;
}

export async function makeRegistrationFiles(): Promise<RegistrationFiles> {
  const parent = await mkdtemp(join(tmpdir(), 'holdfast-appservices-'));
  const folder = join(parent, 'appservices');
  await mkdir(folder);
  return {
    folder,
    put: (name, content) => writeFile(join(folder, name), typeof content === 'string' ? content : stringify(content)),
    remove: (name) => rm(join(folder, name)),
    drop: () => rm(parent, { recursive: true, force: true }),
  };
}

/** A registration as a bridge generates it. Its users begin with `_ID_`, and so do its aliases. */
export function fakeRegistration(id: string, more: object = {}): Record<string, unknown> {
  return {
    id,
    url: null,
    as_token: `as token of ${id}`.replaceAll(' ', '-'),
    hs_token: `hs token of ${id}`.replaceAll(' ', '-'),
    sender_localpart: `${id}bot`,
    rate_limited: false,
    namespaces: {
      users: [{ exclusive: true, regex: `@_${id}_.*:test\\.example` }],
      aliases: [{ exclusive: true, regex: `#_${id}_.*:test\\.example` }],
      rooms: [],
    },
    ...more,
  };
}
