import { cryptoPrimitives } from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Random } from '../../simulation/random.ts';
import { type StubServer, type StubSetting, startStubServer } from '../../stub-servers/stub-server.ts';
import { choose } from '../choose.ts';
import { type AnswerGround, makeNonsense } from './bend-answer.ts';

/** One whose keys nobody ever gets, and others whose keys are never twice the same nonsense. */
const oddServers = 4;

/** Starts servers that send requests like others, but whose keys come never, for ever, or unsound. */
export async function startOddKeyServers(
  setting: StubSetting,
  random: Random,
  ground: AnswerGround,
): Promise<StubServer[]> {
  const servers: StubServer[] = [];
  for (let index = 0; index < oddServers; index++) {
    const stub = await startStubServer(setting);
    stub.handlers.push(({ path }) => {
      if (!path.startsWith('/_matrix/key/')) return undefined;
      if (index === 0) return { act: () => {} };
      return random.chance(0.4) ? makeNonsense(random, ground) : { body: makeKeys(random, stub) };
    });
    servers.push(stub);
  }
  return servers;
}

type Bend = (keys: JsonObject, random: Random) => JsonObject;

const junkKey = { key: encodeBase64(new Uint8Array(32).fill(7)) };
const bends: readonly Bend[] = [
  (keys) => ({ ...keys, server_name: 'else.example' }),
  (keys, random) => ({ ...keys, valid_until_ts: choose(random, [0, -1, 1.5, 2 ** 53, 1e300, '1', null]) }),
  (keys) => ({ ...keys, verify_keys: {} }),
  (keys) => ({ ...keys, verify_keys: { 'ed25519:stub': junkKey } }),
  (keys) => ({ ...keys, verify_keys: { 'ed25519:stub': { key: 'A' }, 'ed25519:': junkKey, x: junkKey } }),
  (keys) => ({ ...keys, old_verify_keys: { 'ed25519:stub': { ...junkKey, expired_ts: 1e300 } } }),
  (keys) => ({
    ...keys,
    verify_keys: Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`ed25519:k${index}`, junkKey])),
  }),
  (keys) => ({ ...keys, signatures: { 'else.example': { 'ed25519:stub': 'A' } } }),
];

function makeKeys(random: Random, { name, key }: StubServer): JsonObject {
  const keys: JsonObject = { server_name: name, valid_until_ts: 1, verify_keys: {}, old_verify_keys: {} };
  const bent = choose(random, bends)(keys, random);
  try {
    return signJson(bent, key, cryptoPrimitives);
  } catch {
    // What has no canonical JSON has no signature.
    return bent;
  }
}
