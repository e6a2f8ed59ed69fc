import type { BenchSizes } from './scenario.ts';

/** The setting of the published table; a slow server needs about fifteen minutes for it. */
export const fullSizes: BenchSizes = {
  sendSeconds: 8,
  sendRounds: 3,
  warmUpSeconds: 8,
  deliverySeconds: 15,
  deliveryRates: [10, 50, 200, 1000],
  receivers: 100,
  initialSyncRooms: 500,
  largeRoomMembers: 1000,
  largeRoomSends: 200,
  bytesSeconds: 15,
  stateChanges: 300,
  emptySyncs: 500,
  durableCommits: 500,
  restarts: 5,
};

/** Shows whether everything works, in a minute or two for each server; its figures are rough. */
export const shortSizes: BenchSizes = {
  sendSeconds: 3,
  sendRounds: 1,
  warmUpSeconds: 2,
  deliverySeconds: 8,
  deliveryRates: [10, 50, 200, 1000],
  receivers: 100,
  initialSyncRooms: 60,
  largeRoomMembers: 100,
  largeRoomSends: 30,
  bytesSeconds: 4,
  stateChanges: 120,
  emptySyncs: 100,
  durableCommits: 100,
  restarts: 2,
};
