/** An event as transactions have it. Nothing in it may be believed to have its type. */
export interface MatrixEvent {
  readonly type: string;
  readonly room_id: string;
  readonly event_id: string;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly state_key?: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly redacts?: string;
  readonly unsigned?: Readonly<Record<string, unknown>>;
}

const longestId = 255;

/** The event in a value from outside; undefined when it is none. */
export function readMatrixEvent(value: unknown): MatrixEvent | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const event = value as Record<string, unknown>;
  // What PostgreSQL cannot keep is no id either.
  const isId = (id: unknown) =>
    typeof id === 'string' && id !== '' && id.length <= longestId && id.isWellFormed() && !id.includes('\0');
  if (![event['type'], event['room_id'], event['event_id'], event['sender']].every(isId)) return undefined;
  if (typeof event['content'] !== 'object' || event['content'] === null) return undefined;
  if (event['state_key'] !== undefined && typeof event['state_key'] !== 'string') return undefined;
  return event as unknown as MatrixEvent;
}

/** A member of a content that is text, else undefined. */
export function textOf(content: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = content[key];
  return typeof value === 'string' ? value : undefined;
}

/** A member of a content that is an object, else an empty one. */
export function objectOf(content: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = content[key];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
