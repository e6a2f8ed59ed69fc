import type { Pdu } from '../events/pdu.ts';

/** A (type, state key) pair as one text, to be the key of a Map. Made by `stateTuple`, never taken apart. */
export type StateTuple = string;

/** The state of a room: the event id that is current for each (type, state key). */
export type StateMap = ReadonlyMap<StateTuple, string>;

/**
 * Two pairs never have the same tuple, whatever characters they hold: the length says where the type ends.
 */
export function stateTuple(type: string, stateKey: string): StateTuple {
  return `${type.length}|${type}|${stateKey}`;
}

/** The tuple that a state event stands under; undefined for a message event. */
export function stateTupleOf(pdu: Pdu): StateTuple | undefined {
  return pdu.state_key === undefined ? undefined : stateTuple(pdu.type, pdu.state_key);
}
