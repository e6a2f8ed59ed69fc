import { setTimeout as delay } from 'node:timers/promises';
import type { FakeApplicationService } from '@holdfast/homeserver/testing/start-fake-application-service.ts';
import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';

const speakEveryMs = 250;
/** From the acknowledgement of a message to the service. */
const latestMs = 5_000;
const lastMs = 30_000;

/** Says something every so often in the room of a service that behaves, until `finish`, which gives what was wrong. */
export function startSpeaking(user: TestUser, service: FakeApplicationService, roomId: string) {
  const over = new AbortController();
  const said: string[] = [];
  const problems: string[] = [];
  const has = (body: string) => service.events().some(({ content }) => content.body === body);
  const speak = async () => {
    while (!over.signal.aborted) {
      const body = `turn ${said.length}`;
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/w${said.length}`;
      const reply = await user.send('PUT', path, { body: { msgtype: 'm.text', body } }).catch(() => undefined);
      if (reply?.status !== 200) problems.push(`a message in another room was answered with ${reply?.status}`);
      else said.push(body);
      const late = delay(latestMs, 'late' as const);
      const inTime = await Promise.race([service.waitFor(() => has(body)), late]);
      if (inTime === 'late') problems.push(`"${body}" was not with another service after ${latestMs} ms`);
      await delay(speakEveryMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const speaking = speak();
  return {
    async finish(): Promise<string[]> {
      over.abort();
      await speaking;
      await Promise.race([service.waitFor(() => has(said.at(-1) ?? '')), delay(lastMs)]);
      const got = service.events().flatMap(({ type, content }) => (type === 'm.room.message' ? [content.body] : []));
      if (said.length === 0) problems.push('nothing was said to another service');
      if (got.join('\n') !== said.join('\n')) {
        problems.push(`another service got ${got.length} messages of ${said.length}, or in another order`);
      }
      return problems;
    },
  };
}
