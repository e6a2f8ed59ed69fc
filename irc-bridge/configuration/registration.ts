import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from '@holdfast/effects/random.ts';
import { parse, stringify } from 'yaml';
import { BridgeConfigError } from './load-bridge-config.ts';

/** What the bridge and the homeserver have to agree on. https://spec.matrix.org/v1.19/application-service-api/#registration */
export interface Registration {
  readonly id: string;
  readonly asToken: string;
  readonly hsToken: string;
  readonly senderLocalpart: string;
}

/**
 * Reads the registration file, or makes it: the homeserver needs the same file. Throws BridgeConfigError when it cannot
 * be used.
 */
export function openRegistration(path: string, serverName: string, url: string, random: Random): Registration {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new BridgeConfigError([`${path}: ${message}`]);
    text = formatRegistration(serverName, url, random);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  }
  return readRegistration(text, path);
}

function readRegistration(text: string, path: string): Registration {
  let parsed: Record<string, unknown>;
  try {
    parsed = (parse(text) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new BridgeConfigError([`${path}: ${(error as Error).message}`]);
  }
  const read = (key: string): string => {
    const value = parsed[key];
    if (typeof value === 'string' && value !== '') return value;
    throw new BridgeConfigError([`${path}: it is no registration: \`${key}\` is missing`]);
  };
  return {
    id: read('id'),
    asToken: read('as_token'),
    hsToken: read('hs_token'),
    senderLocalpart: read('sender_localpart'),
  };
}

/** Regular expression of user ids, and with `#` of aliases, that belong to the bridge. */
function namespaceOf(sigil: string, serverName: string): string {
  return `${sigil}irc_.*:${serverName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
}

/** A new registration file, with new tokens. */
function formatRegistration(serverName: string, url: string, random: Random): string {
  return stringify({
    id: 'irc',
    url,
    as_token: random.token(32),
    hs_token: random.token(32),
    sender_localpart: 'ircbridge',
    rate_limited: false,
    namespaces: {
      users: [{ exclusive: true, regex: namespaceOf('@', serverName) }],
      aliases: [{ exclusive: true, regex: namespaceOf('#', serverName) }],
      rooms: [],
    },
    protocols: ['irc'],
  });
}
