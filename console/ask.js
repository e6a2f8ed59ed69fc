/** The server said no; `message` is for people. */
export class RequestError extends Error {
  constructor(status, body) {
    super(describe(status, body));
    this.name = 'RequestError';
    this.status = status;
    this.errcode = body?.errcode;
    this.body = body;
  }
}

const timeoutMs = 30_000;
const sessionKey = 'holdfast-session';
const refreshBeforeMs = 5 * 60_000;

/** Sends a request to this server and gives the JSON of its answer. Throws RequestError. */
export async function ask(method, path, { body, token } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...(token && { Authorization: `Bearer ${token}` }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    throw new RequestError(0, undefined);
  }
  const text = await response.text();
  let parsed;
  try {
    parsed = text === '' ? {} : JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (!response.ok || parsed === undefined) throw new RequestError(response.status, parsed);
  return parsed;
}

/** The same as the administrator who is logged in. When the session is over, the page asks to log in again. */
export async function askAsAdministrator(method, path, body) {
  try {
    return await ask(method, path, { body, token: await freshToken() });
  } catch (error) {
    if (error.status === 401) {
      forgetSession();
      location.hash = '#/log-in';
    }
    throw error;
  }
}

let refreshing;

/** The access token, a new one where the one there is about to end. */
export async function freshToken() {
  const session = readSession();
  if (!session?.refreshToken || session.expiresAtMs - Date.now() > refreshBeforeMs) return session?.accessToken;
  refreshing ??= refresh(session).finally(() => (refreshing = undefined));
  return await refreshing;
}

async function refresh(session) {
  const body = { refresh_token: session.refreshToken };
  const tokens = await ask('POST', '/_matrix/client/v3/refresh', { body });
  storeSession({ ...session, ...readTokens({ refresh_token: session.refreshToken, ...tokens }) });
  return tokens.access_token;
}

/** Who is logged in on this tab: { userId, accessToken, ... }. It ends with the tab. */
export function readSession() {
  try {
    return JSON.parse(sessionStorage.getItem(sessionKey) ?? 'null');
  } catch {
    return null;
  }
}

/** What a login has given. */
export function keepSession(login) {
  storeSession({ userId: login.user_id, beganMs: Date.now(), ...readTokens(login) });
}

function readTokens({ access_token: accessToken, refresh_token: refreshToken, expires_in_ms: expiresInMs }) {
  return { accessToken, refreshToken, expiresAtMs: Date.now() + (expiresInMs ?? 0) };
}

function storeSession(session) {
  sessionStorage.setItem(sessionKey, JSON.stringify(session));
}

export function forgetSession() {
  sessionStorage.removeItem(sessionKey);
}

function describe(status, body) {
  if (status === 0) return 'The server does not answer. Is it still running?';
  if (body?.errcode === 'M_LIMIT_EXCEEDED') {
    const seconds = Math.ceil((body.retry_after_ms ?? 1000) / 1000);
    return `Too many attempts. Please wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'} and try again.`;
  }
  if (typeof body?.error === 'string') return `${body.error.replace(/\.$/, '')}.`;
  return `The server answered with the status ${status}.`;
}
