import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { receiveDeviceListUpdate } from '../devices/remote-lists/receive-device-list-update.ts';
import { receiveSigningKeyUpdate } from '../devices/remote-lists/receive-signing-key-update.ts';
import { receiveDirectToDevice } from '../devices/to-device/receive-direct-to-device.ts';
import { receivePresence } from '../ephemeral/receive-presence.ts';
import { receiveReceipts } from '../ephemeral/receive-receipts.ts';
import { receiveTyping } from '../ephemeral/receive-typing.ts';
import type { Context } from '../platform/context.ts';

/**
 * Takes one EDU in: checks that `origin` may say this, and resolves once it is committed. Throws MatrixError for content
 * that is not as the specification says, with nothing changed.
 */
export type ReceiveEdu = (context: Context, origin: string, content: JsonObject) => Promise<void>;

/** By type; other types are passed over, as the specification wants. */
const receivers: Readonly<Record<string, ReceiveEdu>> = {
  'm.device_list_update': receiveDeviceListUpdate,
  'm.direct_to_device': receiveDirectToDevice,
  'm.presence': receivePresence,
  'm.receipt': receiveReceipts,
  'm.signing_key_update': receiveSigningKeyUpdate,
  'm.typing': receiveTyping,
};

/**
 * Takes an EDU of a transaction in. A bad one costs only itself; when this server cannot write, the error is thrown, so
 * that the transaction comes again.
 * https://spec.matrix.org/v1.19/server-server-api/#edus
 */
export async function receiveEdu(
  context: Context,
  origin: string,
  edu: { readonly edu_type: string; readonly content: JsonObject },
): Promise<'received' | 'refused' | 'unknown'> {
  const receive = Object.hasOwn(receivers, edu.edu_type) ? receivers[edu.edu_type] : undefined;
  if (!receive) return 'unknown';
  try {
    await receive(context, origin, edu.content);
    return 'received';
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status >= 500) throw error;
    context.log.debug({ origin, type: edu.edu_type, problem: error.message }, 'an EDU was refused');
    return 'refused';
  }
}
