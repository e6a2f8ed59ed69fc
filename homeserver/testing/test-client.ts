import type { TestHomeserver } from './start-test-homeserver.ts';
import { type AnyJson, registerUser, type TestReply } from './test-user.ts';

/** A logged-in user for tests; paths are those below `/_matrix/client/v3`. */
export interface TestClient {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
  /** Asserts the status 200 and gives the body. */
  call(method: string, path: string, body?: object): Promise<AnyJson>;
  request(method: string, path: string, body?: object): Promise<TestReply>;
}

/** Registers a user on a test homeserver. */
export async function makeTestClient(homeserver: TestHomeserver, username: string): Promise<TestClient> {
  const { userId, deviceId, accessToken, call, send } = await registerUser(homeserver.baseUrl, username);
  return {
    ...{ userId, deviceId, accessToken },
    call: (method, path, body) => call(method, `/_matrix/client/v3${path}`, body),
    request: (method, path, body) => send(method, `/_matrix/client/v3${path}`, { body }),
  };
}
