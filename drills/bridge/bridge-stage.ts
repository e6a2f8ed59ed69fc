import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startIrcd } from '@holdfast/irc-bridge/testing/start-ircd.ts';
import { type StubAppservice, startStubAppservice } from '../appservices/stub-appservice.ts';
import { type FakePager, startFakePager } from '../cluster/fake-pager.ts';
import { type Cluster, startCluster } from '../cluster/start-cluster.ts';
import { type Follower, startFollower } from '../load/follow-sync.ts';
import { call, type DrillRoom, type DrillUser, register } from '../load/populate.ts';
import { type CutNetwork, makeCutNetwork } from './cut-network.ts';
import { gatherCrowd, type IrcCrowd } from './irc-crowd.ts';
import { bridgePort, type CutOffBridge, networkId, startCutOffBridge, statusToken } from './start-cut-off-bridge.ts';

const channelCount = 10;
const sendersPerRoom = 2;
const historyLines = 4_000;

/** A channel of IRC and the room that is joined to it. */
export interface BridgedRoom extends DrillRoom {
  readonly channel: string;
}

/** Everything that stands for the drill of the bridge. */
export interface BridgeStage {
  readonly cluster: Cluster;
  readonly network: CutNetwork;
  readonly bridge: CutOffBridge;
  readonly pager: FakePager;
  readonly rooms: readonly BridgedRoom[];
  readonly reader: DrillUser;
  readonly crowd: IrcCrowd;
  /** Follows all rooms by /sync. */
  readonly follower: Follower;
  /** Another application service, which is sent all that happens in the rooms. */
  readonly witness: StubAppservice;
  stop(): Promise<void>;
}

/** Starts a homeserver, an IRC server, the bridge between them in a network that can be cut, and everybody's people. */
export async function setBridgeStage(folder: string): Promise<BridgeStage> {
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const network = makeCutNetwork();
    closers.push(network.remove);
    const ircd = await startIrcd('inspircd', { address: network.ircAddress, historyLines });
    closers.push(ircd.stop);
    const pager = await startFakePager();
    closers.push(pager.close);
    const registrations = join(folder, 'appservices');
    await mkdir(registrations);
    const witness = await startStubAppservice('witness', registrations, '@.*');
    closers.push(() => witness.stop());
    const cluster = await startCluster({
      ...{ folder, shardCount: 4 },
      environment: { HOLDFAST_APPLICATION_SERVICES_FOLDER: registrations, HOLDFAST_HTTP_BIND: '0.0.0.0' },
      environmentOf: (index) => (index === 0 ? describeMonitor(network, pager.url) : {}),
    });
    closers.push(cluster.stop);
    const homeserverPort = Number(new URL(firstUrl(cluster)).port);
    const bridge = await startCutOffBridge({
      ...{ folder: join(folder, 'inside'), registrations, network, homeserverPort, ircPort: ircd.port },
    });
    closers.push(bridge.stop);
    const channels = Array.from({ length: channelCount }, (_, index) => `#channel-${index}`);
    const crowd = await gatherCrowd({ port: ircd.port, channels, historyLines });
    closers.push(() => crowd.close());
    const reader = await register(firstUrl(cluster), 'reader');
    const rooms: BridgedRoom[] = [];
    for (const [index, channel] of channels.entries()) rooms.push(await joinChannel(cluster, index, channel, reader));
    const baseUrls = cluster.processes.map(({ baseUrl }) => baseUrl);
    const follower = await startFollower({ name: 'sync', user: reader, baseUrls, wanders: false });
    return { cluster, network, bridge, pager, rooms, reader, crowd, follower, witness, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function firstUrl({ processes }: Cluster): string {
  return processes[0]?.baseUrl ?? '';
}

/** The first process runs the monitor, which asks the bridge for its canaries, tells the team, and pages somebody who never answers. */
function describeMonitor(network: CutNetwork, pagerUrl: string): Record<string, string> {
  const paging = {
    notifiers: { pager: { kind: 'webhook' } },
    people: { anna: { reach: [{ notifier: 'pager', address: `${pagerUrl}/anna` }] } },
    team: [{ notifier: 'pager', address: `${pagerUrl}/team` }],
    roster: { time_zone: 'UTC', start: '2026-01-05', every_days: 366, people: ['anna'] },
  };
  return {
    HOLDFAST_MONITOR_PORT: '0',
    HOLDFAST_MONITOR_PAGING: JSON.stringify(paging),
    HOLDFAST_MONITOR_BRIDGE_METRICS: `http://${network.insideAddress}:${bridgePort}/metrics?access_token=${statusToken}`,
  };
}

/** People of Matrix, and the reader, join a channel's room by its alias, which makes it. */
async function joinChannel(cluster: Cluster, index: number, channel: string, reader: DrillUser): Promise<BridgedRoom> {
  const senders: DrillUser[] = [];
  for (let sender = 0; sender < sendersPerRoom; sender++) {
    senders.push(await register(firstUrl(cluster), `sender-${index}-${sender}`));
  }
  const alias = encodeURIComponent(`#irc_${networkId}_${channel}:drill.test`);
  let roomId = '';
  for (const user of [...senders, reader]) {
    roomId = (await call(firstUrl(cluster), 'POST', `/join/${alias}`, user, {})).room_id as string;
  }
  return { roomId, channel, senders };
}
