import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { loadConfig } from '../platform/config/load-config.ts';
import { formatMonitorSettings } from './monitor-settings.ts';

const server = { serverName: 'example.org', url: 'http://127.0.0.1:8008', databaseUrl: 'postgres://db1/holdfast' };

function settingsOf(overrides: Readonly<Record<string, unknown>>) {
  const { config } = loadConfig({ environment: {}, overrides, workingFolder: '/nowhere' });
  return formatMonitorSettings(config, server);
}

test('a server looks for itself by its name, unless it has nothing to do with others or somebody says no', () => {
  const { own_name_check: check } = settingsOf({ 'federation.ca_file': '/etc/ca.pem' });
  const { program, question } = check as { program: string; question: object };
  assert.ok(existsSync(program), program);
  assert.deepEqual(question, {
    ...{ server_name: 'example.org', homeserver_url: 'http://127.0.0.1:8008', ca_file: '/etc/ca.pem' },
  });
  assert.equal(settingsOf({ 'federation.enabled': false })['own_name_check'], undefined);
  assert.equal(settingsOf({ 'monitor.own_name': false })['own_name_check'], undefined);
});
