import assert from 'node:assert/strict';

/** Tests look into replies of any form. */
export type AnyJson = ReturnType<typeof JSON.parse>;

export interface TestReply {
  readonly status: number;
  readonly body: AnyJson;
  readonly headers: Headers;
}

export interface TestRequestOptions {
  readonly token?: string | undefined;
  /** An object is sent as JSON, anything else as it is. */
  readonly body?: object | string | Uint8Array<ArrayBuffer> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request and reads a JSON reply. */
export async function request(
  baseUrl: string,
  method: string,
  path: string,
  options: TestRequestOptions = {},
): Promise<TestReply> {
  const { token, body, headers } = options;
  const raw = typeof body === 'string' || body instanceof Uint8Array || body === undefined;
  const response = await fetch(baseUrl + path, {
    method,
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
}

/** A logged-in user of a test homeserver with open registration. */
export interface TestUser {
  readonly baseUrl: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
  readonly password: string;
  /** Sends a request with the user's token, and asserts the status 200 unless another one is expected. */
  call(method: string, path: string, body?: object, expectedStatus?: number): Promise<AnyJson>;
  /** The same without expecting anything. */
  send(method: string, path: string, options?: TestRequestOptions): Promise<TestReply>;
}

/** Registers a user, by the name alone. */
export async function registerUser(baseUrl: string, username: string, password = `password of ${username}`) {
  const reply = await request(baseUrl, 'POST', '/_matrix/client/v3/register', {
    body: { username, password, auth: { type: 'm.login.dummy' } },
  });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return testUser(baseUrl, reply.body, password);
}

/** Logs a registered user in on a further device. */
export async function loginUser(user: TestUser, deviceId?: string, baseUrl = user.baseUrl): Promise<TestUser> {
  const reply = await request(baseUrl, 'POST', '/_matrix/client/v3/login', {
    body: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: user.userId },
      password: user.password,
      ...(deviceId !== undefined && { device_id: deviceId }),
    },
  });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return testUser(baseUrl, reply.body, user.password);
}

function testUser(baseUrl: string, session: AnyJson, password: string): TestUser {
  const accessToken = session.access_token as string;
  const send = (method: string, path: string, options: TestRequestOptions = {}) =>
    request(baseUrl, method, path, { token: accessToken, ...options });
  return {
    ...{ baseUrl, accessToken, password, userId: session.user_id, deviceId: session.device_id, send },
    async call(method, path, body, expectedStatus = 200) {
      const reply = await send(method, path, { body });
      assert.equal(reply.status, expectedStatus, `${method} ${path}: ${JSON.stringify(reply.body)}`);
      return reply.body;
    },
  };
}
