import type { Portal } from '../../storage/portals.ts';
import type { BridgeContext } from '../bridge-context.ts';

/** The key of a portal's channel, as text. */
export function openChannelKey(
  { secrets }: Pick<BridgeContext, 'secrets'>,
  portal: Pick<Portal, 'channelKey' | 'network'>,
): string | undefined {
  return portal.channelKey ? secrets.open(portal.channelKey, `channel ${portal.network}`) : undefined;
}

export function sealChannelKey(
  { secrets }: Pick<BridgeContext, 'secrets'>,
  network: string,
  key: string | undefined,
): Uint8Array | null {
  return key === undefined ? null : secrets.seal(key, `channel ${network}`);
}
