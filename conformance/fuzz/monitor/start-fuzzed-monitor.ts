import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@holdfast/benchmarks/peers/run-server.ts';
import { residentBytes } from '../start-fuzzed-server.ts';

/** What only the providers know, and what a page that somebody got has in it. */
export interface MonitorSecrets {
  readonly publicUrl: string;
  readonly metricsToken: string;
  readonly mailSecret: string;
  readonly smsToken: string;
  readonly pagerDutySecret: string;
  /** Anna's number, from which a text message that says yes takes what she was told of. */
  readonly phone: string;
  /** `INCIDENT/PERSON/MAC`, encoded, of the link in Anna's page. */
  readonly link: string;
  readonly replyCode: string;
  readonly incident: string;
}

export interface FuzzedMonitor {
  readonly port: number;
  readonly secrets: MonitorSecrets;
  isAlive(): boolean;
  residentBytes(): Promise<number>;
  /** How often somebody has taken an incident, by what the monitor has stored. */
  countTaken(): Promise<number>;
  /** What was wrong with its end, if anything was. */
  stop(): Promise<string | undefined>;
}

const pagedDeadlineMs = 90_000;
const program = new URL('../../../monitor/process/monitor.ts', import.meta.url).pathname;
const fixed = {
  ...{ metricsToken: 'metrics of the fuzzed monitor', mailSecret: 'mail of the fuzzed monitor' },
  ...{ smsToken: 'sms of the fuzzed monitor', pagerDutySecret: 'pagerduty of the fuzzed monitor' },
  phone: '+4930000001',
};

interface Page {
  readonly incident: string;
  readonly acknowledge_url: string;
  readonly reply_code: string;
}

/** A real monitor, alone and without a database, which pages Anna for that: what stands in her page is given. */
export async function startFuzzedMonitor(): Promise<FuzzedMonitor> {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-fuzz-monitor-'));
  const port = await findFreePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const pager = await startPager();
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.write(`${JSON.stringify(settingsFor({ dataDir, port, publicUrl, pagerUrl: pager.url }))}\n`);
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const stop = async () => {
    if (isAlive()) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    pager.close();
    await rm(dataDir, { recursive: true, force: true });
    return child.exitCode === 0 ? undefined : `the monitor ended with ${child.exitCode ?? child.signalCode}`;
  };
  const page = await pager.firstPage();
  if (!page) {
    await stop();
    throw new Error('the monitor paged nobody');
  }
  const link = page.acknowledge_url.slice(`${publicUrl}/acknowledge/`.length);
  const { incident, reply_code: replyCode } = page;
  return {
    ...{ port, isAlive, stop, secrets: { ...fixed, publicUrl, link, replyCode, incident } },
    residentBytes: () => residentBytes(child.pid ?? 0),
    async countTaken() {
      const state = JSON.parse(await readFile(join(dataDir, 'monitor', 'state.json'), 'utf8')) as {
        timeline: { kind: string }[];
      };
      return state.timeline.filter(({ kind }) => kind === 'acknowledged').length;
    },
  };
}

interface Places {
  readonly dataDir: string;
  readonly port: number;
  readonly publicUrl: string;
  readonly pagerUrl: string;
}

function settingsFor({ dataDir, port, publicUrl, pagerUrl }: Places): object {
  return {
    ...{ server_name: 'fuzz.example', homeserver_url: 'http://127.0.0.1:9' },
    database_url: 'postgres://nobody:nothing@127.0.0.1:1/none',
    ...{ data_dir: dataDir, media_dir: dataDir, registration_folder: join(dataDir, 'appservices') },
    ...{ is_database_embedded: true, volumes: [], reserve_bytes: 0, bind: '127.0.0.1', port, public_url: publicUrl },
    metrics_token: fixed.metricsToken,
    ...{ processes: [], peers: [], routes: [], addresses: [], names: [], machines: [], certificates: [], turn: [] },
    ...{ push_gateways: [], bridge_metrics: [], expected_activity: [], replicas: [], patroni: [], etcd: [] },
    paging: {
      notifiers: {
        hook: { kind: 'webhook' },
        mail: {
          ...{ kind: 'smtp', host: '127.0.0.1', port: 9, from: 'a@fuzz.example' },
          ...{ reply_to: 'r@fuzz.example', reply_secret: fixed.mailSecret },
        },
        text: {
          ...{ kind: 'sms', account: 'AC1', token: fixed.smsToken, from: '+1', url: pagerUrl, replies: true },
        },
        duty: { kind: 'pagerduty', url: pagerUrl, webhook_secret: fixed.pagerDutySecret },
      },
      people: {
        anna: {
          reach: [
            { notifier: 'hook', address: `${pagerUrl}/anna` },
            { notifier: 'text', address: fixed.phone, second: true },
          ],
        },
      },
    },
  };
}

/** Takes every message, and gives the first one that is a page. */
async function startPager() {
  let found: (page: Page) => void = () => {};
  const first = new Promise<Page>((resolve) => {
    found = resolve;
  });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
      if (request.url === '/anna') found(JSON.parse(Buffer.concat(chunks).toString()) as Page);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    firstPage(): Promise<Page | undefined> {
      const late = new Promise<undefined>((resolve) => {
        setTimeout(() => resolve(undefined), pagedDeadlineMs).unref();
      });
      return Promise.race([first, late]);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
