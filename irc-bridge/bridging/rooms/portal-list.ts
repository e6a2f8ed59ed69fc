import type { BridgeSql } from '../../storage/open-bridge-database.ts';
import {
  addPortal,
  movePortal,
  type Portal,
  readPortals,
  removePortal,
  retargetPortal,
  setPortalEncrypted,
  setPortalKey,
} from '../../storage/portals.ts';

/** All portals, in memory and stored. A room has one portal, and so has a channel. */
export class PortalList {
  readonly #sql: BridgeSql;
  readonly #byRoom = new Map<string, Portal>();
  readonly #byTarget = new Map<string, Portal>();

  /** Called with each portal that is new, or goes on in another room. */
  onNew: (portal: Portal) => void = () => {};

  constructor(sql: BridgeSql) {
    this.#sql = sql;
  }

  async load(): Promise<void> {
    for (const portal of await readPortals(this.#sql)) this.#keep(portal);
  }

  all(): Portal[] {
    return [...this.#byRoom.values()];
  }

  ofNetwork(network: string): Portal[] {
    return this.all().filter((portal) => portal.network === network);
  }

  ofRoom(roomId: string): Portal | undefined {
    return this.#byRoom.get(roomId);
  }

  /** `target` folded; `userId` in private messages. */
  ofTarget(network: string, target: string, userId = ''): Portal | undefined {
    return this.#byTarget.get(keyOf(network, target, userId));
  }

  /** Those in which people of Matrix talk in private with somebody; `target` folded. */
  conversationsWith(network: string, target: string): Portal[] {
    return this.ofNetwork(network).filter((portal) => portal.userId !== '' && portal.target === target);
  }

  /** False when the room or the channel has a portal already. */
  async add(portal: Portal): Promise<boolean> {
    if (!(await addPortal(this.#sql, portal))) return false;
    this.#keep(portal);
    this.onNew(portal);
    return true;
  }

  async remove(portal: Portal): Promise<void> {
    await removePortal(this.#sql, portal.roomId);
    this.#forget(portal);
  }

  /** The room was upgraded. */
  async move(portal: Portal, roomId: string): Promise<Portal> {
    await movePortal(this.#sql, portal.roomId, roomId);
    const moved = { ...portal, roomId };
    this.#forget(portal);
    this.#keep(moved);
    this.onNew(moved);
    return moved;
  }

  /** Whom the conversation is with has another nick; `target` folded. */
  async retarget(portal: Portal, target: string, displayTarget: string): Promise<void> {
    await retargetPortal(this.#sql, portal.roomId, { target, displayTarget });
    this.#forget(portal);
    this.#keep({ ...portal, target, displayTarget });
  }

  /** The channel has a new key; sealed. */
  async setKey(portal: Portal, channelKey: Uint8Array | null): Promise<void> {
    await setPortalKey(this.#sql, portal.roomId, channelKey);
    this.#keep({ ...portal, channelKey });
  }

  async noteEncryption(portal: Portal): Promise<void> {
    await setPortalEncrypted(this.#sql, portal.roomId);
    this.#keep({ ...portal, isEncrypted: true });
  }

  #keep(portal: Portal): void {
    this.#byRoom.set(portal.roomId, portal);
    this.#byTarget.set(keyOf(portal.network, portal.target, portal.userId), portal);
  }

  #forget(portal: Portal): void {
    this.#byRoom.delete(portal.roomId);
    this.#byTarget.delete(keyOf(portal.network, portal.target, portal.userId));
  }
}

function keyOf(network: string, target: string, userId: string): string {
  return `${network} ${target} ${userId}`;
}
