import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import type { FetchedJson } from '../../platform/fetch-json.ts';
import { checkReachability } from './check-reachability.ts';

interface World {
  readonly addresses?: readonly string[];
  /** By url; an error is thrown, undefined is a host that nobody knows. */
  readonly documents?: Readonly<Record<string, FetchedJson | Error>>;
}

async function look(world: World, publicUrl?: string) {
  const deadline = startDeadline(1_000, 'looking');
  const found = await checkReachability({
    ...{ serverName: 'chat.example:8448', publicUrl, deadline },
    async resolveName(name) {
      assert.equal(name, 'chat.example', 'the port is no part of the name in the DNS');
      if (!world.addresses) throw new Error('not found');
      return world.addresses;
    },
    async fetchJson(url) {
      const document = world.documents?.[url];
      if (document instanceof Error || !document) {
        throw document ?? new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } });
      }
      return document;
    },
  });
  deadline.finish();
  const { baseUrl, checks } = found;
  return {
    baseUrl,
    passed: checks.map(({ passed }) => passed),
    details: checks.map(({ detail }) => detail).join('\n'),
  };
}

const wellKnown = 'https://chat.example/.well-known/matrix/client';
const leadsTo = (baseUrl: unknown) => ({ status: 200, body: { 'm.homeserver': { base_url: baseUrl } } });
const thisServer = { status: 200, body: { server_name: 'chat.example:8448' } };

test('a server whose domain, file and address are in place passes all', async () => {
  const world = {
    addresses: ['203.0.113.7'],
    documents: {
      [wellKnown]: leadsTo('https://matrix.chat.example/'),
      'https://matrix.chat.example/_holdfast/v1/server': thisServer,
    },
  };
  const { baseUrl, passed, details } = await look(world);
  assert.deepEqual([baseUrl, passed], ['https://matrix.chat.example', [true, true, true]]);
  assert.match(details, /203\.0\.113\.7/);
});

test('a name that nobody knows fails everywhere, and says so', async () => {
  const { baseUrl, passed, details } = await look({});
  assert.deepEqual([baseUrl, passed], ['https://chat.example', [false, false, false]]);
  assert.match(details, /no address in the DNS/);
  assert.match(details, /the name is not in the DNS/);
});

test('without the file the configured address counts', async () => {
  const world = {
    addresses: ['203.0.113.7'],
    documents: {
      [wellKnown]: { status: 404, body: undefined },
      'https://m.chat.example/_holdfast/v1/server': thisServer,
    },
  };
  const { passed, details } = await look(world, 'https://m.chat.example');
  assert.deepEqual(passed, [true, false, true]);
  assert.match(details, /status 404/);
});

test('another server at the address does not pass for this one', async () => {
  for (const body of [{ server_name: 'other.example' }, undefined, null, 'text', { server_name: 3 }]) {
    const { passed } = await look({ documents: { 'https://chat.example/_holdfast/v1/server': { status: 200, body } } });
    assert.equal(passed[2], false, JSON.stringify(body));
  }
});

test('a file that leads nowhere does not pass', async () => {
  for (const place of [undefined, 7, '', 'chat.example', 'ftp://chat.example', 'https://']) {
    const { baseUrl, passed } = await look({ documents: { [wellKnown]: leadsTo(place) } });
    assert.deepEqual([baseUrl, passed[1]], ['https://chat.example', false], String(place));
  }
});

test('why a connection failed is told in words', async () => {
  const cause = Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' });
  const { details } = await look({ documents: { [wellKnown]: new TypeError('fetch failed', { cause }) } });
  assert.match(details, /its certificate has expired/);
});
