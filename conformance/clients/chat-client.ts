import {
  ClientEvent,
  createClient,
  EventTimeline,
  type MatrixClient,
  type MatrixEvent,
  MatrixEventEvent,
  RoomEvent,
  SyncState,
} from 'matrix-js-sdk';
import { CryptoEvent, decodeRecoveryKey } from 'matrix-js-sdk/lib/crypto-api/index.js';
import type { Logger } from 'matrix-js-sdk/lib/logger.js';

const say = () => {};
/** The SDK would tell every request to the console. */
const quiet: Logger = { trace: say, debug: say, info: say, warn: say, error: say, getChild: () => quiet };

const waitMs = 30_000;

// The SDK leaves a timer behind for each long poll, which would keep the test's process alive for a minute and a half.
const startTimer = globalThis.setTimeout;
globalThis.setTimeout = ((run: () => void, durationMs?: number, ...values: []) => {
  const timer = startTimer(run, durationMs, ...values);
  return (durationMs ?? 0) > waitMs ? timer.unref() : timer;
}) as typeof setTimeout;

/** Credentials of a login. */
export interface Login {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
  readonly password: string;
}

export interface ChatClient {
  readonly client: MatrixClient;
  readonly login: Login;
  /** The key of secret storage, once it was made or typed in. */
  recoveryKey: Uint8Array<ArrayBuffer> | undefined;
  stop(): void;
}

/** Registers a user with a password through the interactive flow that needs nothing else. */
export async function registerUser(baseUrl: string, localpart: string): Promise<Login> {
  const password = `a long passphrase of ${localpart}`;
  const client = createClient({ baseUrl, logger: quiet });
  const reply = await client.registerRequest({
    username: localpart,
    password,
    auth: { type: 'm.login.dummy' },
    initial_device_display_name: 'first',
  });
  return {
    userId: reply.user_id,
    deviceId: reply.device_id ?? '',
    accessToken: reply.access_token ?? '',
    password,
  };
}

/** Logs an existing user in on another device. */
export async function logInAgain(baseUrl: string, { userId, password }: Login): Promise<Login> {
  const reply = await createClient({ baseUrl, logger: quiet }).loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: userId },
    password,
  });
  return { userId, password, deviceId: reply.device_id, accessToken: reply.access_token };
}

/** A client with Rust cryptography in memory that has finished its first sync. */
export async function startChatClient(baseUrl: string, login: Login, recoveryKey?: string): Promise<ChatClient> {
  const chat: Partial<ChatClient> & Pick<ChatClient, 'recoveryKey'> = {
    recoveryKey: recoveryKey === undefined ? undefined : Uint8Array.from(decodeRecoveryKey(recoveryKey)),
  };
  const client = createClient({
    baseUrl,
    userId: login.userId,
    deviceId: login.deviceId,
    accessToken: login.accessToken,
    logger: quiet,
    cryptoCallbacks: {
      async getSecretStorageKey({ keys }) {
        const keyId = Object.keys(keys)[0];
        return keyId !== undefined && chat.recoveryKey ? [keyId, chat.recoveryKey] : null;
      },
      cacheSecretStorageKey(_keyId, _info, key) {
        chat.recoveryKey = Uint8Array.from(key);
      },
    },
  });
  await client.initRustCrypto({ useIndexedDB: false });
  const synced = waitForEvent<[SyncState]>(client, ClientEvent.Sync, (state) => state === SyncState.Prepared);
  await client.startClient({ initialSyncLimit: 20, pollTimeout: 10_000 });
  await synced;
  return Object.assign(chat, { client, login, stop: () => client.stopClient() }) as ChatClient;
}

/** Makes cross-signing keys, secret storage and a key backup. Returns the recovery key as people write it down. */
export async function setUpEncryption({ client, login }: ChatClient): Promise<string> {
  const crypto = cryptoOf(client);
  await crypto.bootstrapCrossSigning({
    authUploadDeviceSigningKeys: async (makeRequest) => {
      await makeRequest({
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: login.userId },
        password: login.password,
      });
    },
  });
  const key = await crypto.createRecoveryKeyFromPassphrase();
  await crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => key, setupNewKeyBackup: true });
  if (key.encodedPrivateKey === undefined) throw new Error('no recovery key was made');
  return key.encodedPrivateKey;
}

export function cryptoOf(client: MatrixClient) {
  const crypto = client.getCrypto();
  if (!crypto) throw new Error('the client has no cryptography');
  return crypto;
}

interface Emitter {
  on(name: never, listener: (...values: never[]) => void): unknown;
  off(name: never, listener: never): unknown;
}

/** Waits for an event of the SDK that `wanted` accepts; gives its arguments. */
export function waitForEvent<Arguments extends unknown[]>(
  emitter: Emitter,
  name: string,
  wanted: (...values: Arguments) => boolean,
): Promise<Arguments> {
  return startWaiting(emitter, name, wanted).arrived;
}

/** As waitForEvent, with a way to stop waiting. */
export function startWaiting<Arguments extends unknown[]>(
  emitter: Emitter,
  name: string,
  wanted: (...values: Arguments) => boolean,
): { arrived: Promise<Arguments>; cancel: () => void } {
  const { promise: arrived, resolve, reject } = Promise.withResolvers<Arguments>();
  const listener = (...values: never[]) => {
    if (!wanted(...(values as unknown as Arguments))) return;
    cancel();
    resolve(values as unknown as Arguments);
  };
  const cancel = () => {
    clearTimeout(timer);
    emitter.off(name as never, listener as never);
  };
  const timer = setTimeout(() => {
    cancel();
    reject(new Error(`no ${name} in ${waitMs} ms`));
  }, waitMs);
  emitter.on(name as never, listener);
  return { arrived, cancel };
}

const describedEvents = 8;

/** The text of a message in a room, decrypted: as soon as the client has it. */
export async function waitForMessage(
  { client, login }: ChatClient,
  roomId: string,
  body: string,
): Promise<MatrixEvent> {
  const isWanted = (event: MatrixEvent) => event.getRoomId() === roomId && event.getContent()['body'] === body;
  const known = () => client.getRoom(roomId)?.getLiveTimeline().getEvents().find(isWanted);
  const found = known();
  if (found) return found;
  // Encrypted messages arrive without a body and get one later.
  const arrivals = [RoomEvent.Timeline, MatrixEventEvent.Decrypted].map((name) =>
    startWaiting<[MatrixEvent]>(client, name, isWanted),
  );
  try {
    const [event] = await Promise.race(arrivals.map(({ arrived }) => arrived));
    return event;
  } catch (error) {
    const events = client.getRoom(roomId)?.getLiveTimeline().getEvents().slice(-describedEvents) ?? [];
    throw new Error(
      `${login.deviceId} of ${login.userId} did not get "${body}", but ${events.map(describe).join(', ')}`,
      {
        cause: error,
      },
    );
  } finally {
    for (const { cancel } of arrivals) cancel();
  }
}

function describe(event: MatrixEvent): string {
  const { decryptionFailureReason: reason } = event;
  return `${event.getType()} "${String(event.getContent()['body'] ?? '')}"${reason ? ` (${reason})` : ''}`;
}

/** Waits until the client sees a membership of a user. */
export async function waitForMembership(
  { client }: ChatClient,
  roomId: string,
  userId: string,
  membership: string,
): Promise<void> {
  const isSo = () =>
    client.getRoom(roomId)?.getLiveTimeline().getState(EventTimeline.FORWARDS)?.getMember(userId)?.membership ===
    membership;
  if (isSo()) return;
  await waitForEvent(client, ClientEvent.Sync, isSo);
}

export { CryptoEvent };
