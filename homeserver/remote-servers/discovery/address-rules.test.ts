import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressRules } from './address-rules.ts';
import { parseHosts } from './hosts-file.ts';

const publicAddresses = ['1.1.1.1', '172.32.0.1', '192.169.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'];
const privateAddresses = [
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.0.1', '169.254.169.254', '172.16.0.1', '192.168.1.1'],
  ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '203.0.113.5'],
  ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:a00:1', '::FFFF:10.0.0.1'],
  ...['fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12:3456::1', 'ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::'],
];

test('public addresses may be connected to, private and special ones not, in whatever clothes', () => {
  const mayConnect = addressRules([]);
  for (const address of publicAddresses) assert.equal(mayConnect(address), true, address);
  for (const address of privateAddresses) assert.equal(mayConnect(address), false, address);
  for (const text of ['', 'localhost', '1.1.1', '01.1.1.1', '1.1.1.1.example.org'])
    assert.equal(mayConnect(text), false);
});

test('the networks of the configuration are an exception, and only they', () => {
  const mayConnect = addressRules(['10.1.0.0/16', 'fd00::/8']);
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd12::1']) assert.equal(mayConnect(address), true, address);
  for (const address of ['10.2.0.1', '127.0.0.1', 'fc00::1']) assert.equal(mayConnect(address), false, address);
});

test('a hosts file is read like the operating system reads it', () => {
  const hosts = parseHosts('127.0.0.1\tlocalhost  Me.Local # here\n::1 localhost\n# 10.0.0.1 no\nnonsense a\n');
  assert.deepEqual(Object.fromEntries(hosts), { localhost: ['127.0.0.1', '::1'], 'me.local': ['127.0.0.1'] });
});
