import type { Clock } from '@holdfast/effects/clock.ts';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import { parseServerName, type ServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { parseJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';

/** What the host's web server answered. Has a deadline of its own; throws when there was no answer. */
export type FetchWellKnown = (url: string) => Promise<WellKnownAnswer>;

export interface WellKnownAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

interface Entry {
  readonly delegate: ServerName | undefined;
  /** Monotonic. */
  readonly untilMs: number;
  /** Failures in a row, since the last file that counted. */
  readonly failures: number;
  /** A file that counted is used for so long when the next one cannot be read. Monotonic. */
  readonly usableUntilMs: number;
}

const hourMs = 3_600_000;
const defaultAgeMs = 24 * hourMs;
const longestAgeMs = 48 * hourMs;
const shortestAgeMs = 5 * 60_000;
/** An answer that there is no file is believed longer than silence, which may have been our own. */
const firstMissingMs = 5 * 60_000;
const firstSilenceMs = 10_000;
const longestFailureMs = hourMs;
const cachedHosts = 20_000;
const longestServerName = 263;

/**
 * The well-known files of hosts, each asked for by one reader at a time and remembered: as long as its headers say
 * (five minutes to two days), failures for ten seconds at first and at most for an hour.
 * https://spec.matrix.org/v1.19/server-server-api/#getwell-knownmatrixserver
 */
export class WellKnownFiles {
  readonly #fetch: FetchWellKnown;
  readonly #clock: Clock;
  readonly #entries = new BoundedCache<string, Entry>(cachedHosts);
  readonly #reading = new Map<string, Promise<Entry>>();

  constructor(fetch: FetchWellKnown, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Where the host's file leads, or undefined where there is none that counts. Throws only at the deadline. */
  async findDelegate(host: string, deadline: Deadline): Promise<ServerName | undefined> {
    const known = this.#entries.get(host);
    if (known && this.#clock.monotonicMs() < known.untilMs) return known.delegate;
    let reading = this.#reading.get(host);
    if (!reading) {
      reading = this.#read(host, known).finally(() => this.#reading.delete(host));
      this.#reading.set(host, reading);
    }
    return (await deadline.race(reading)).delegate;
  }

  async #read(host: string, before: Entry | undefined): Promise<Entry> {
    let entry: Entry;
    try {
      const answer = await this.#fetch(`https://${host}/.well-known/matrix/server`);
      entry = this.#judge(answer, before);
    } catch {
      entry = this.#failed(before, firstSilenceMs);
    }
    this.#entries.set(host, entry);
    return entry;
  }

  #judge(answer: WellKnownAnswer, before: Entry | undefined): Entry {
    const delegate = answer.status === 200 ? parseDelegate(answer.body) : undefined;
    if (!delegate) return this.#failed(before, firstMissingMs);
    const nowMs = this.#clock.monotonicMs();
    const ageMs = readCacheAgeMs(answer.headers, this.#clock.wallMs()) ?? defaultAgeMs;
    const untilMs = nowMs + Math.min(longestAgeMs, Math.max(shortestAgeMs, ageMs));
    return { delegate, untilMs, failures: 0, usableUntilMs: nowMs + longestAgeMs };
  }

  #failed(before: Entry | undefined, firstMs: number): Entry {
    const nowMs = this.#clock.monotonicMs();
    const failures = before?.failures ?? 0;
    const isUsable = before !== undefined && nowMs < before.usableUntilMs;
    return {
      delegate: isUsable ? before.delegate : undefined,
      untilMs: nowMs + Math.min(longestFailureMs, firstMs * 2 ** Math.min(failures, 20)),
      failures: failures + 1,
      usableUntilMs: before?.usableUntilMs ?? 0,
    };
  }
}

function parseDelegate(body: Uint8Array): ServerName | undefined {
  const parsed = parseJsonObject(body);
  if (parsed.problem !== undefined || !Object.hasOwn(parsed.value, 'm.server')) return undefined;
  const written = parsed.value['m.server'];
  return typeof written === 'string' && written.length <= longestServerName ? parseServerName(written) : undefined;
}

/** How long an answer may be kept: `Cache-Control` before `Expires`; undefined where neither says. */
export function readCacheAgeMs(
  headers: Readonly<Record<string, string | undefined>>,
  wallMs: number,
): number | undefined {
  const control = headers['cache-control']?.toLowerCase() ?? '';
  if (/\bno-(?:store|cache)\b/.test(control)) return 0;
  const age = /\bmax-age\s*=\s*"?(\d{1,10})/.exec(control)?.[1];
  if (age !== undefined) return Number(age) * 1000;
  const expires = Date.parse(headers['expires'] ?? '');
  if (headers['expires'] === undefined) return undefined;
  return Number.isNaN(expires) ? 0 : Math.max(0, expires - wallMs);
}
