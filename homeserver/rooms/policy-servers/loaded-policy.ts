import type { PolicyServer } from '@holdfast/protocol/policy-servers/policy-server.ts';

/** Whether a hot room uses a policy server, and by which event. */
export interface LoadedPolicy {
  /** Of the m.room.policy event. */
  readonly eventId: string;
  readonly server: PolicyServer | undefined;
}
