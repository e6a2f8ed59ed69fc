/**
 * Looks once how other servers find this one, for the monitor, from the machine that it runs on. Started with one line of
 * JSON on standard input (OwnNameQuestion), which stays open: its end ends this program. Prints one line of JSON
 * (ServerFinding[]). It needs neither a database nor a running homeserver.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { systemClock } from '@holdfast/effects/clock.ts';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { fetchJson } from '../../platform/fetch-json.ts';
import { connectionsOf, type OutsideContext } from '../connections/connections-of.ts';
import { checkOwnSide } from './check-own-side.ts';
import type { ServerFinding } from './server-finding.ts';

export interface OwnNameQuestion {
  readonly server_name: string;
  /** Where this server answers, whatever its name leads to: it says which keys are its own. */
  readonly homeserver_url: string;
  readonly ca_file?: string;
}

const timeoutMs = 30_000;
const ownKeysMs = 5_000;
const mostConnections = 8;
/** The own name may lead to a private address, as it does behind a router or with names for the inside: strangers do not choose it. */
const everywhere = ['0.0.0.0/0', '::/0'];

async function check(question: OwnNameQuestion): Promise<ServerFinding[]> {
  const { server_name: serverName, homeserver_url: url, ca_file: caFile } = question;
  const federation = { privateAddresses: everywhere, caFile, maxConnections: mostConnections };
  const metrics = createMetrics({ processMetrics: false });
  const context: OutsideContext = { clock: systemClock, random: systemRandom, metrics, config: { federation } };
  const deadline = startDeadline(timeoutMs, `looking for ${serverName}`);
  try {
    return await checkOwnSide(context, { serverName, keyIds: await askOwnKeys(url) }, deadline);
  } finally {
    deadline.finish();
    connectionsOf.of(context).close();
  }
}

/** Empty where the server does not answer: what is wrong with it is for others to tell. */
async function askOwnKeys(url: string): Promise<string[]> {
  const deadline = startDeadline(ownKeysMs, 'asking for the own keys');
  try {
    const { status, body } = await fetchJson(`${url}/_matrix/key/v2/server`, deadline);
    return status === 200 ? Object.keys((body as { verify_keys?: object } | undefined)?.verify_keys ?? {}) : [];
  } catch {
    return [];
  } finally {
    deadline.finish();
  }
}

if (import.meta.main) {
  const lines = createInterface({ input: process.stdin });
  lines.once('close', () => process.exit(1));
  lines.once('line', (line) => {
    void check(JSON.parse(line) as OwnNameQuestion).then((findings) => {
      process.stdout.write(`${JSON.stringify(findings)}\n`, () => process.exit(0));
    });
  });
}
