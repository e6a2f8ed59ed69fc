import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';

/**
 * An EDU and the servers that are to be told.
 * https://spec.matrix.org/v1.19/server-server-api/#edus
 */
export interface AddressedEdu {
  /** Such as `m.typing`. */
  readonly type: string;
  readonly content: JsonObject;
  /** This server may be among them: it is passed over. */
  readonly servers: ReadonlySet<string>;
  /** While it waits, a later EDU of the same type and key to the same server takes its place. */
  readonly key: string;
  /**
   * How it may be lost. 'brief': of no use after some seconds, as typing is. 'durable': its place in the log counts as
   * sent only once the server has it, so that it is sent again after a crash.
   */
  readonly keep: 'brief' | 'durable';
}
