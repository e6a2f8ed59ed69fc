/** What a monitor knows of who pages. */
export interface LeaderView {
  /** Who has the lease by the database, when it answered just now; undefined: it does not answer. */
  readonly owner: string | undefined;
  /** Who had it when the database last answered; undefined: it never did. */
  readonly lastOwner: string | undefined;
  readonly silentForMs: number;
  readonly ownName: string;
  /** The other monitors that answered just now. */
  readonly peers: readonly { readonly name: string; readonly isLeader: boolean }[];
}

/** How long another one that had the lease may be unheard of before this one pages in its place. */
const patienceMs = 30_000;

/**
 * Whether this monitor is the one that pages. While the database answers, its lease says so. While it does not, whoever
 * had the lease goes on; when that one is not heard of either, the first by name of those that hear each other does. Two
 * that are cut off from each other and from the database may both page: twice is better than never.
 */
export function isLeader({ owner, lastOwner, silentForMs, ownName, peers: all }: LeaderView): boolean {
  // Where all monitors have one list of peers, each is in its own.
  const peers = all.filter(({ name }) => name !== ownName);
  if (owner !== undefined) return owner === ownName;
  if (lastOwner === ownName) return true;
  if (peers.some((peer) => peer.isLeader)) return false;
  if (lastOwner !== undefined && silentForMs < patienceMs) return false;
  return peers.every(({ name }) => ownName < name);
}
