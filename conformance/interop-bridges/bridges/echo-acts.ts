import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '@holdfast/benchmarks/peers/run-server.ts';
import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { call, say } from '../../interop/call-and-wait.ts';
import type { Act } from '../bridge-play.ts';
import { countSaid, hear } from '../world/chat.ts';
import type { BridgeWorld } from '../world/start-bridge-world.ts';

const encode = encodeURIComponent;

/** A registration as people write it for a service of their own, and the port at which it listens. */
export interface EchoRegistration {
  readonly registration: Readonly<Record<string, unknown>>;
  readonly port: number;
}

/** Registers a service whose sender is `@IDbot` and whose users begin with `_ID_`. */
export async function registerEcho(world: BridgeWorld, id: string, more: object): Promise<EchoRegistration> {
  const port = await findFreePort();
  const registration = {
    id,
    url: `http://127.0.0.1:${port}`,
    as_token: `as-token-of-${id}`,
    hs_token: `hs-token-of-${id}`,
    sender_localpart: `${id}bot`,
    namespaces: {
      users: [{ exclusive: true, regex: `@_${id}_.*` }],
      aliases: [{ exclusive: true, regex: `#_${id}_.*` }],
      rooms: [],
    },
    ...more,
  };
  const folder = world.folderOf(id);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'registration.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(registration));
  await world.register(file, registration.as_token);
  return { registration, port };
}

/** What every service that repeats what it is told has to do in a room. */
export async function playEchoes(
  world: BridgeWorld,
  act: Act,
  { user, roomId, restart }: { readonly user: TestUser; readonly roomId: string; restart(): Promise<void> },
): Promise<void> {
  await act('a message is answered', async () => {
    await say(user, roomId, 'hello');
    await hear(user, roomId, /^echo: hello$/);
  });
  await act('files both ways', async () => {
    await say(user, roomId, 'picture');
    const { content } = await hear(user, roomId, /^a\.png$/);
    const [, server, mediaId] = /^mxc:\/\/([^/]+)\/(.+)$/.exec(content.url) ?? [];
    const picture = await fetch(`${world.baseUrl}/_matrix/client/v1/media/download/${server}/${mediaId}`, {
      headers: { authorization: `Bearer ${user.accessToken}` },
    });
    assert.equal(await picture.text(), 'a picture');
    const upload = await fetch(`${world.baseUrl}/_matrix/media/v3/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.accessToken}`, 'content-type': 'text/plain' },
      body: 'what is in it',
    });
    const { content_uri: url } = (await upload.json()) as { content_uri: string };
    const path = `/rooms/${encode(roomId)}/send/m.room.message/file`;
    await call(user, 'PUT', path, { msgtype: 'm.file', body: 'a.txt', url });
    await hear(user, roomId, /^file: what is in it$/);
  });
  await act('what is said while the service is down is answered once it is back, once and in order', async () => {
    await restart();
    await hear(user, roomId, /^echo: while down 9$/);
    for (let index = 0; index < 10; index++) {
      assert.equal(await countSaid(user, roomId, `echo: while down ${index}`), 1, `while down ${index}`);
    }
  });
  await act('a restart of the homeserver', async () => {
    await world.restartHomeserver();
    await say(user, roomId, 'again');
    await hear(user, roomId, /^echo: again$/);
    assert.equal(await countSaid(user, roomId, 'echo: again'), 1);
  });
}

/** Says what a service that is down is to answer when it is back. */
export async function sayWhileDown(user: TestUser, roomId: string): Promise<void> {
  for (let index = 0; index < 10; index++) await say(user, roomId, `while down ${index}`);
}
