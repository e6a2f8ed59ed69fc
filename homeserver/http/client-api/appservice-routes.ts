import type { Endpoint } from '../endpoint.ts';
import { pingAppservice } from './appservice-ping/ping-appservice.ts';
import { updateAppserviceRoomDirectoryVisibility } from './list-public-rooms/update-appservice-room-directory-visibility.ts';
import { getProtocolMetadata } from './third-party-lookup/get-protocol-metadata.ts';
import { getProtocols } from './third-party-lookup/get-protocols.ts';
import { queryLocationByAlias } from './third-party-lookup/query-location-by-alias.ts';
import { queryLocationByProtocol } from './third-party-lookup/query-location-by-protocol.ts';
import { queryUserByID } from './third-party-lookup/query-user-by-id.ts';
import { queryUserByProtocol } from './third-party-lookup/query-user-by-protocol.ts';

/** What application services ask, and what is asked of them. */
export const appserviceRoutes: readonly Endpoint[] = [
  pingAppservice,
  updateAppserviceRoomDirectoryVisibility,
  ...[getProtocols, getProtocolMetadata, queryLocationByProtocol, queryUserByProtocol],
  ...[queryLocationByAlias, queryUserByID],
];
