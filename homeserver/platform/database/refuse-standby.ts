import type { Socket } from 'node:net';

/** PostgreSQL 14 and newer say it of themselves before the first query, and again when it changes. */
const parameter = Buffer.from('in_hot_standby\0');
const standbyValue = Buffer.from('on\0');
const longestGreetingBytes = 16 * 1024;

/** What is known of a server that was connected to. */
export interface Greeting {
  /** It has said that it is the primary. */
  isFromPrimary: boolean;
}

/**
 * Breaks off a connection whose server says in its greeting that it is a standby, with what `refusal` makes, before its
 * client learns that it could be used. The client's own check looks only at connections that a query waits for, and a
 * query may have been given up meanwhile: then a standby served as if it were the primary, for good.
 */
export function refuseStandby(socket: Socket, refusal: () => Error): Greeting {
  const known: Greeting = { isFromPrimary: false };
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...details: unknown[]) => boolean;
  let greeting: Buffer | undefined = Buffer.alloc(0);
  socket.emit = (event: string | symbol, ...details: unknown[]) => {
    if (greeting === undefined || event !== 'data') return emit(event, ...details);
    greeting = Buffer.concat([greeting, details[0] as Buffer]);
    const value = readValue(greeting);
    if (value?.equals(standbyValue)) {
      socket.destroy(refusal());
      return true;
    }
    if (value) known.isFromPrimary = true;
    if (value || greeting.length > longestGreetingBytes) greeting = undefined;
    return emit(event, ...details);
  };
  return known;
}

/** As many bytes as `on` has; undefined while they are not there. */
function readValue(greeting: Buffer): Buffer | undefined {
  const start = greeting.indexOf(parameter);
  const value = greeting.subarray(start + parameter.length, start + parameter.length + standbyValue.length);
  return start >= 0 && value.length === standbyValue.length ? value : undefined;
}
