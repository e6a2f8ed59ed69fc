import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { parseServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { findRoute, orderRecords } from './find-route.ts';
import type { ServiceRecord } from './name-resolver.ts';

interface World {
  /** What the well-known files say, by host. */
  readonly files?: Record<string, string>;
  /** SRV records by name; 'fails' for a DNS that does not say. */
  readonly records?: Record<string, ServiceRecord[] | 'fails'>;
}

const record = (host: string, port: number, priority = 0, weight = 0) => ({ host, port, priority, weight });

async function find(serverName: string, { files = {}, records = {} }: World) {
  const asked: string[] = [];
  const finder = {
    random: systemRandom,
    resolver: {
      addresses: async () => [],
      services: async (name: string) => {
        asked.push(name);
        const found = records[name] ?? [];
        if (found === 'fails') throw new Error('the DNS does not answer');
        return found;
      },
    },
    findDelegate: async (host: string) => {
      asked.push(host);
      const file = files[host];
      return file === undefined ? undefined : parseServerName(file);
    },
  };
  const deadline = startDeadline(5_000, 'finding a server');
  try {
    const route = await findRoute(finder, serverName, deadline);
    const targets = route.targets.map(({ host, port }) => `${host} ${port}`);
    return { targets, host: route.hostHeader, certificate: route.certificateName, asked, isCertain: route.isCertain };
  } finally {
    deadline.finish();
  }
}

const fed = (host: string) => `_matrix-fed._tcp.${host}`;
const old = (host: string) => `_matrix._tcp.${host}`;

// Each step of https://spec.matrix.org/v1.19/server-server-api/#resolving-server-names
const steps: [step: string, serverName: string, world: World, targets: string[], host: string, certificate: string][] =
  [
    ['1', '192.0.2.1', {}, ['192.0.2.1 8448'], '192.0.2.1', '192.0.2.1'],
    ['1', '192.0.2.1:80', {}, ['192.0.2.1 80'], '192.0.2.1:80', '192.0.2.1'],
    ['1', '[2001:db8::1]', {}, ['2001:db8::1 8448'], '[2001:db8::1]', '2001:db8::1'],
    ['1', '[2001:db8::1]:9', {}, ['2001:db8::1 9'], '[2001:db8::1]:9', '2001:db8::1'],
    ['2', 'a.org:443', { files: { 'a.org': 'b.org' } }, ['a.org 443'], 'a.org:443', 'a.org'],
    ['3.1', 'a.org', { files: { 'a.org': '192.0.2.1' } }, ['192.0.2.1 8448'], '192.0.2.1', '192.0.2.1'],
    ['3.1', 'a.org', { files: { 'a.org': '[2001:db8::1]:9' } }, ['2001:db8::1 9'], '[2001:db8::1]:9', '2001:db8::1'],
    ['3.2', 'a.org', { files: { 'a.org': 'b.org:443' } }, ['b.org 443'], 'b.org:443', 'b.org'],
    [
      '3.3',
      'a.org',
      {
        files: { 'a.org': 'b.org' },
        records: { [fed('b.org')]: [record('c.org', 1)], [old('b.org')]: [record('d.org', 2)] },
      },
      ['c.org 1'],
      'b.org',
      'b.org',
    ],
    [
      '3.4',
      'a.org',
      { files: { 'a.org': 'b.org' }, records: { [old('b.org')]: [record('d.org', 2)] } },
      ['d.org 2'],
      'b.org',
      'b.org',
    ],
    [
      '3.5',
      'a.org',
      { files: { 'a.org': 'b.org' }, records: { [fed('a.org')]: [record('c.org', 1)] } },
      ['b.org 8448'],
      'b.org',
      'b.org',
    ],
    ['4', 'a.org', { records: { [fed('a.org')]: [record('c.org', 1)] } }, ['c.org 1'], 'a.org', 'a.org'],
    ['5', 'a.org', { records: { [old('a.org')]: [record('c.org', 1)] } }, ['c.org 1'], 'a.org', 'a.org'],
    ['6', 'a.org', {}, ['a.org 8448'], 'a.org', 'a.org'],
  ];

for (const [step, serverName, world, targets, host, certificate] of steps) {
  test(`step ${step}: ${serverName} ${JSON.stringify(world)} is ${targets.join(', ')}`, async () => {
    const route = await find(serverName, world);
    assert.deepEqual([route.targets, route.host, route.certificate], [targets, host, certificate]);
  });
}

test('an address or a port asks nobody', async () => {
  for (const serverName of ['192.0.2.1', '[::1]:80', 'a.org:8448']) {
    assert.deepEqual((await find(serverName, {})).asked, []);
  }
});

test('a record of one dot says that there is no server', async () => {
  await assert.rejects(find('a.org', { records: { [fed('a.org')]: [record('.', 0)] } }), { kind: 'unreachable' });
  await assert.rejects(find('a b', {}), { kind: 'unreachable' });
});

test('while the DNS does not answer, the next step is a guess', async () => {
  const route = await find('a.org', { records: { [fed('a.org')]: 'fails' } });
  assert.deepEqual([route.targets, route.isCertain], [['a.org 8448'], false]);
  assert.equal((await find('a.org', {})).isCertain, true);
});

test('records are tried by priority, and within one as often first as their weights say', () => {
  const records = [
    record('last', 1, 20),
    record('heavy', 1, 10, 3),
    record('light', 1, 10, 1),
    record('never', 1, 10, 0),
  ];
  const firsts = new Map<string, number>();
  let turn = 0;
  const random = { ...systemRandom, fraction: () => ((turn++ * 7) % 400) / 400 };
  for (let round = 0; round < 400; round++) {
    turn = round;
    const order = orderRecords(records, random).map(({ host }) => host);
    assert.equal(order.length, 4);
    assert.equal(order[3], 'last');
    firsts.set(order[0] ?? '', (firsts.get(order[0] ?? '') ?? 0) + 1);
  }
  assert.ok(Math.abs((firsts.get('heavy') ?? 0) - 300) < 10, JSON.stringify([...firsts]));
  assert.ok(Math.abs((firsts.get('light') ?? 0) - 100) < 10, JSON.stringify([...firsts]));
});
