import type { VerifySignature } from '../authorization/event-authority.ts';
import { type IdentifiedPdu, referencedEventId } from '../events/pdu.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { StateMap, StateTuple } from './state-map.ts';

/**
 * What a resolution works on. Everything is loaded beforehand: the resolution itself waits for nothing.
 */
export interface ResolutionInput {
  readonly rules: RoomVersionRules;
  /** The states after each of an event's `prev_events`, in any order. */
  readonly stateSets: readonly StateMap[];
  /**
   * What all states agree on, where `stateSets` leave it out: then the work depends on the differences alone, and not on
   * the size of the room. The result leaves it out, too.
   */
  readonly agreed?: AgreedState;
  /**
   * Must know every conflicted event and all auth events behind them, and from room version 12 on the create event.
   * Gives the same object for the same id each time: what is parsed once is found again by it.
   */
  getEvent(eventId: string): IdentifiedPdu | undefined;
  /**
   * The `auth_events` of any event in the state sets and in their auth chains. Where it is left out, `getEvent` must
   * know all of these, too; edges alone are cheaper to load than 20,000 members' events.
   */
  getAuthEventIds?(eventId: string): readonly string[] | undefined;
  /** True for an event that was rejected on receipt. Where it is left out, none was. */
  wasRejected?(eventId: string): boolean;
  readonly verifySignature: VerifySignature;
  /** How much work a slice does at most; the default takes a few milliseconds. */
  readonly stepsPerSlice?: number;
}

/** State that is the same in every state set. */
export interface AgreedState {
  /**
   * The event of a tuple on which all agree. `getEvent` knows those that authorising conflicted events asks for, and the
   * power levels with their whole auth chain: they are the mainline.
   */
  getEventId(tuple: StateTuple): string | undefined;
  /** Whether an event is in the auth chain of agreed state, and so in the auth chain of every state set. */
  isInAuthChain(eventId: string): boolean;
}

export const defaultStepsPerSlice = 4_000;

/** An event that the resolution cannot go on without. Its absence is a bug of the caller, hence an Error. */
export function requireEvent(input: ResolutionInput, eventId: string): IdentifiedPdu {
  const event = input.getEvent(eventId);
  if (event === undefined) throw new Error(`State resolution needs the event ${eventId}, which is not loaded`);
  return event;
}

/** The auth events of an event that the resolution cannot go on without. */
export function requireAuthEventIds(input: ResolutionInput, eventId: string): readonly string[] {
  return input.getAuthEventIds?.(eventId) ?? authEventIdsOf(requireEvent(input, eventId));
}

export function authEventIdsOf(event: IdentifiedPdu): readonly string[] {
  return event.pdu.auth_events.map(referencedEventId);
}

/** The event of a type with an empty state key among an event's auth events. */
export function findAuthEvent(input: ResolutionInput, event: IdentifiedPdu, type: string): IdentifiedPdu | undefined {
  for (const reference of event.pdu.auth_events) {
    const authEvent = requireEvent(input, referencedEventId(reference));
    if (authEvent.pdu.type === type && authEvent.pdu.state_key === '') return authEvent;
  }
  return undefined;
}
