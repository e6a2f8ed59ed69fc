import type { Clock } from '@holdfast/effects/clock.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { MonitorSettings } from '../configuration/monitor-settings.ts';
import { deliver } from '../notify/deliver.ts';
import type { PageMessage } from '../notify/page-message.ts';
import { buildWays } from './build-ways.ts';

export interface TestedWay {
  readonly whom: string;
  readonly way: string;
  /** Undefined: the provider took it. */
  readonly problem?: string;
}

/** Sends a test over every way of everybody; what rings, rings. */
export async function sendTestPage(
  settings: Pick<MonitorSettings, 'server_name' | 'paging'>,
  parts: { readonly send: SendRequest; readonly clock: Clock },
): Promise<TestedWay[]> {
  const nowMs = parts.clock.wallMs();
  const message: PageMessage = {
    ...{ id: `test.${nowMs}`, incident: `test.${nowMs}`, kind: 'test', severity: 'notice', losesData: false },
    ...{ serverName: settings.server_name, headline: 'the monitor reaches you', symptoms: [], openedMs: nowMs },
  };
  const results = buildWays(settings.paging, parts).all.map(async ({ whom, way }) => {
    const [delivery] = await deliver({ ...message, id: `${message.id}.${way.name}` }, [way], parts.clock);
    return { whom, way: way.name, ...(delivery?.problem !== undefined && { problem: delivery.problem }) };
  });
  return Promise.all(results);
}
