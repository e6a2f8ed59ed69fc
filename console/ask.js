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
  const session = readSession();
  try {
    return await ask(method, path, { body, token: session?.accessToken });
  } catch (error) {
    if (error.status === 401) {
      forgetSession();
      location.hash = '#/log-in';
    }
    throw error;
  }
}

/** Who is logged in on this tab: { userId, accessToken }. It ends with the tab. */
export function readSession() {
  try {
    return JSON.parse(sessionStorage.getItem(sessionKey) ?? 'null');
  } catch {
    return null;
  }
}

export function keepSession({ user_id: userId, access_token: accessToken }) {
  sessionStorage.setItem(sessionKey, JSON.stringify({ userId, accessToken }));
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
