import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import { readHostsFile } from './hosts-file.ts';

export interface ServiceRecord {
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** What is asked of the DNS. An empty list: there is no such record. Throws when the DNS does not say. */
export interface NameResolver {
  /** IPv4 and IPv6 addresses of a host. */
  addresses(host: string, deadline: Deadline): Promise<readonly string[]>;
  /** SRV records of a name such as `_matrix-fed._tcp.example.org`. */
  services(name: string, deadline: Deadline): Promise<readonly ServiceRecord[]>;
}

/** Of one question to one DNS server; asked twice. */
const queryTimeoutMs = 2_500;
const queryTries = 2;
const noRecord = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks the machine's hosts file, then its DNS servers. Not `getaddrinfo`: it takes no deadline and blocks one of the
 * few threads that files and passwords need too, so that a slow DNS would slow down everything.
 */
export function createSystemResolver(): NameResolver {
  const resolver = new Resolver({ timeout: queryTimeoutMs, tries: queryTries });
  return {
    async addresses(host, deadline) {
      if (isIP(host)) return [host];
      const known = (await readHostsFile()).get(host.toLowerCase());
      if (known) return known;
      const [four, six] = await deadline.race(
        Promise.all([listOrReason(resolver.resolve4(host)), listOrReason(resolver.resolve6(host))]),
      );
      const found = [four, six].flatMap((answer) => (Array.isArray(answer) ? answer : []));
      const reason = [four, six].find((answer) => answer instanceof Error);
      if (found.length === 0 && reason instanceof Error) throw reason;
      return found;
    },
    async services(name, deadline) {
      const answer = await deadline.race(listOrReason(resolver.resolveSrv(name)));
      if (answer instanceof Error) throw answer;
      return answer.map(({ name: host, port, priority, weight }) => ({ host, port, priority, weight }));
    },
  };
}

/** One family's failure must not hide what the other one has. */
async function listOrReason<T>(question: Promise<T[]>): Promise<T[] | Error> {
  try {
    return await question;
  } catch (error) {
    return noRecord.has((error as NodeJS.ErrnoException).code ?? '') ? [] : (error as Error);
  }
}
