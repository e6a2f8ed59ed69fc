import type { RoomVersionId } from '../../room-versions/room-version.ts';
import { everyVersion, type StoryEvent } from '../../state-resolution/stories/story.ts';

/** A room's events; the case is about the last one. */
export interface AuthorizationCase {
  readonly name: string;
  readonly events: readonly StoryEvent[];
  readonly allowedIn: readonly RoomVersionId[];
  readonly rejectedIn: readonly RoomVersionId[];
}

/** A case whose last event every version (or every one of those given) allows. */
export function allows(
  name: string,
  events: readonly StoryEvent[],
  versions: readonly RoomVersionId[] = everyVersion,
): AuthorizationCase {
  return { name, events, allowedIn: versions, rejectedIn: [] };
}

export function rejects(
  name: string,
  events: readonly StoryEvent[],
  versions: readonly RoomVersionId[] = everyVersion,
): AuthorizationCase {
  return { name, events, allowedIn: [], rejectedIn: versions };
}

/** A case that the versions given allow and all others reject. */
export function allowsOnly(
  name: string,
  events: readonly StoryEvent[],
  allowedIn: readonly RoomVersionId[],
): AuthorizationCase {
  return { name, events, allowedIn, rejectedIn: everyVersion.filter((version) => !allowedIn.includes(version)) };
}

/** The versions from one to another. */
export function versionsFrom(first: RoomVersionId, last: RoomVersionId = '12'): RoomVersionId[] {
  return everyVersion.slice(everyVersion.indexOf(first), everyVersion.indexOf(last) + 1);
}
