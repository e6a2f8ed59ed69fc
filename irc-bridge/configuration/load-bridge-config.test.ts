import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BridgeConfigError, loadBridgeConfig, parseBridgeConfig } from './load-bridge-config.ts';

const sound = `homeserver: { url: 'http://127.0.0.1:8008/', server_name: example.org }
database_url: postgres://localhost/bridge
networks:
  libera:
    servers:
      - host: irc.libera.chat
`;

function problemsOf(text: string): string[] {
  try {
    parseBridgeConfig(text, 'bridge.yaml');
  } catch (error) {
    assert.ok(error instanceof BridgeConfigError);
    return error.message.split('\n');
  }
  return [];
}

test('a network needs its servers, and everything else has a default', () => {
  const config = parseBridgeConfig(sound, '/etc/bridge/bridge.yaml');
  assert.equal(config.homeserver.url, 'http://127.0.0.1:8008');
  assert.equal(config.registration, '/etc/bridge/registration.yaml');
  assert.equal(config.http.publicUrl, 'http://127.0.0.1:9898');
  assert.equal(config.limits.waitingMessages, 2_000);
  const [network] = config.networks;
  assert.equal(network?.id, 'libera');
  assert.deepEqual(network?.servers, [{ host: 'irc.libera.chat', port: 6697, tls: true, ca: undefined }]);
  assert.equal(network?.canary, undefined);
  assert.deepEqual([network?.maxNewAccounts, network?.newAccountsWindowMs], [2_000, 3_600_000]);
});

test('what is wrong is told with its line', () => {
  assert.deepEqual(problemsOf(`${sound}    membership: full\n`), [
    'bridge.yaml:7: there is no key `networks.libera.membership`',
  ]);
  assert.deepEqual(problemsOf(`${sound}    members: all\n`), [
    'bridge.yaml:7: networks.libera.members must be one of lazy, full',
  ]);
  assert.deepEqual(problemsOf(`${sound}        port: 99999\n`), [
    'bridge.yaml:7: networks.libera.servers.0.port must be <= 65535',
  ]);
  assert.deepEqual(problemsOf(`${sound}    max_new_accounts: 0\n    new_accounts_window_ms: 1\n`), [
    'bridge.yaml:7: networks.libera.max_new_accounts must be >= 1',
    'bridge.yaml:8: networks.libera.new_accounts_window_ms must be >= 1000',
  ]);
  assert.match(problemsOf('networks: {}\n').join('\n'), /the file lacks `homeserver`/);
  assert.match(problemsOf('a: [\n')[0] ?? '', /^bridge\.yaml:\d: /);
});

test('what the homeserver gives is taken where the file says nothing', () => {
  const given = { homeserver: { url: 'http://here', server_name: 'other.org' }, database_url: 'postgres://x/y' };
  const bare = sound.slice(sound.indexOf('networks:'));
  assert.equal(parseBridgeConfig(bare, 'bridge.yaml', given).homeserver.serverName, 'other.org');
  assert.equal(parseBridgeConfig(sound, 'bridge.yaml', given).homeserver.serverName, 'example.org');
});

test('a file that is not there is named', () => {
  assert.throws(() => loadBridgeConfig('/nowhere/bridge.yaml'), /^BridgeConfigError: \/nowhere\/bridge\.yaml: ENOENT/);
});
