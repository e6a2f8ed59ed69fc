import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzFederation } from './federation/fuzz-federation.ts';
import { fuzz } from './fuzz.ts';
import { judgeReply } from './judge-reply.ts';
import { fuzzMonitor } from './monitor/fuzz-monitor.ts';

test('two thousand hostile requests are all answered, none of them with 500, and nothing is stored in part', async () => {
  const { requests, statuses, problems } = await fuzz(2_000, 7);
  assert.deepEqual(problems, []);
  assert.equal(requests, 2_000);
  assert.ok((statuses.get(200) ?? 0) > 200, 'many of them mean something to the server');
  assert.ok((statuses.get(400) ?? 0) > 200, 'many of them are refused');
});

test('a 500, silence and an error without a code are problems; a code and a challenge are none', () => {
  assert.match(judgeReply({ status: 500, body: '{"errcode":"M_UNKNOWN"}' }, false) ?? '', /500/);
  assert.equal(judgeReply({ status: undefined, body: '' }, false), 'no reply');
  assert.equal(judgeReply({ status: undefined, body: '' }, true), undefined);
  assert.match(judgeReply({ status: 400, body: 'nonsense' }, false) ?? '', /without an error code/);
  assert.equal(judgeReply({ status: 400, body: '{"errcode":"M_BAD_JSON"}' }, false), undefined);
  assert.equal(judgeReply({ status: 401, body: '{"flows":[]}' }, false), undefined);
});

test('another server that is hostile gets no 500 and stores nothing in part', async () => {
  const { requests, statuses, problems, clientAsked, hostileAsked } = await fuzzFederation(300, 7);
  assert.deepEqual(problems, []);
  assert.equal(requests, 300);
  assert.ok((statuses.get(200) ?? 0) > 30, 'many of its transactions are taken');
  assert.ok((statuses.get(400) ?? 0) > 30, 'many are refused');
  assert.ok(clientAsked.size > 10, 'meanwhile clients ask for everything');
  const ofClients = ['make_join', 'query/directory', 'query/profile', 'publicRooms', 'invite', 'media', 'user/keys'];
  const unasked = ofClients.filter((operation) => !hostileAsked.has(operation));
  assert.ok(unasked.length < 3, `what clients want is asked of the hostile server, but not ${unasked.join()}`);
});

test('nobody takes an incident from the monitor without what proves it, and nothing ends it or has it answer 500', async () => {
  const { requests, statuses, problems, more } = await fuzzMonitor(1_000, 7);
  assert.deepEqual(problems, []);
  assert.equal(requests, 1_000);
  assert.ok((statuses.get(403) ?? 0) > 200, 'many prove nothing');
  assert.match(more?.join() ?? '', /^taken [1-9]\d* times/, 'some are right');
});
