import { measureQueue } from '../storage/outbox.ts';
import type { BridgeParts } from './bridge-parts.ts';
import type { NewAccountsBound } from './people/new-accounts.ts';

/** The bridge's condition, and the metrics that follow it. */
export async function readStatus({ context, canaries, people, presence, outbox, inbox }: BridgeParts) {
  const { sql, metrics, matrix, networks, portals, newAccounts } = context;
  const [toIrc, toMatrix] = await Promise.all([measureQueue(sql, 'outbox'), measureQueue(sql, 'inbox')]);
  for (const [direction, { entries, oldestAgeMs }] of [
    ['matrix_to_irc', toIrc],
    ['irc_to_matrix', toMatrix],
  ] as const) {
    metrics.waiting.set({ direction }, entries);
    metrics.oldestAge.set({ direction }, (oldestAgeMs ?? 0) / 1000);
  }
  metrics.presenceWaiting.set({}, presence.waiting);
  const measuring = [...networks].map(async ([id, { irc, config }]) => {
    const accounts = await newAccounts.measure(id);
    const side = irc.describe();
    metrics.connected.set({ network: id }, side.isConnected ? 1 : 0);
    metrics.connections.set({ network: id }, side.userConnections);
    metrics.newAccounts.set({ network: id }, accounts.made);
    metrics.newAccountsBound.set({ network: id }, accounts.most);
    const rooms = portals.ofNetwork(id).length;
    return { id, name: config.name, ...side, rooms, newAccounts: accounts, canary: canaries.get(id)?.read() };
  });
  const described = await Promise.all(measuring);
  return {
    networks: described,
    queues: {
      matrix_to_irc: { ...toIrc, active: outbox.activeKeys },
      irc_to_matrix: { ...toMatrix, active: inbox.activeKeys },
      memberships: people.queued,
      presence: presence.waiting,
    },
    homeserver: matrix.readLoad(),
  };
}

/** As readStatus, for people. */
export async function describeStatus(bridge: BridgeParts): Promise<string> {
  const { networks, queues } = await readStatus(bridge);
  const seconds = (ms: number | undefined) => (ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`);
  const lines = networks.map((network) => {
    const { canary } = network;
    const state = network.isConnected ? `on ${network.server ?? 'it'}` : `away (${network.problem ?? 'connecting'})`;
    const ages = canary
      ? `; canary: to IRC ${seconds(canary.matrix_to_irc.ageMs)} ago${canary.matrix_to_irc.isSilent ? ', SILENT' : ''}, ` +
        `to Matrix ${seconds(canary.irc_to_matrix.ageMs)} ago${canary.irc_to_matrix.isSilent ? ', SILENT' : ''}`
      : '';
    return `${network.name}: ${state}, ${network.userConnections} connections of users, ${network.rooms} rooms${ages}`;
  });
  for (const { name, newAccounts } of networks) lines.push(`${name}: ${describeNewAccounts(newAccounts)}`);
  const { matrix_to_irc: toIrc, irc_to_matrix: toMatrix } = queues;
  lines.push(`waiting for IRC: ${toIrc.entries} (oldest ${seconds(toIrc.oldestAgeMs)})`);
  lines.push(`waiting for Matrix: ${toMatrix.entries} (oldest ${seconds(toMatrix.oldestAgeMs)})`);
  return lines.join('\n');
}

function describeNewAccounts({ made, most, windowMs }: NewAccountsBound & { readonly made: number }): string {
  const isFull = made >= most ? '; for other new ones the bridge speaks' : '';
  return `${made} accounts for new people in ${(windowMs / 60_000).toFixed()} min, ${most} at most${isFull}`;
}
