import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { Side, World } from './world/start-world.ts';

/** The stage of one scenario: who has the room, who comes to it, and in which version. */
export interface Stage {
  /** The server on which the room is made. */
  readonly resident: Side;
  readonly visitor: Side;
  /** A user on each. */
  readonly host: TestUser;
  readonly guest: TestUser;
  readonly version: number;
  readonly world: World;
}

/** Something that two servers have to do together; it is run both ways round. */
export interface Scenario {
  readonly name: string;
  /** The first room version that has it; 1 unless given. */
  readonly sinceVersion?: number;
  /** Changes what others would notice, such as cutting the network: nothing else runs meanwhile. */
  readonly alone?: boolean;
  /** Throws an error that says what was seen. */
  play(stage: Stage): Promise<void>;
}
