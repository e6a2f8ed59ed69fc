import type { IncomingMessage } from 'node:http';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Config } from '../../platform/config/config.ts';
import { addressRules } from '../discovery/address-rules.ts';
import type { NameResolver } from '../discovery/name-resolver.ts';
import { trustAuthorities } from './certificate-authorities.ts';
import { type ConnectionRules, openConnection } from './open-connection.ts';
import { RequestSlots } from './request-slots.ts';
import { type HttpRequest, sendRequest } from './send-request.ts';
import { ServerAgent } from './server-agent.ts';

const requestsPerServer = 8;
const waitingPerServer = 500;
const waitingInAll = 20_000;
const rememberedSessions = 2_000;

/** What is set of the ways to other servers. */
export interface OutsideConfig {
  readonly federation: Pick<Config['federation'], 'privateAddresses' | 'caFile' | 'maxConnections'>;
}

/** The connections of this process to other servers: bounded, kept open for a while, checked for where they go. */
export class Connections {
  readonly rules: ConnectionRules;
  readonly slots: RequestSlots;
  readonly agent: ServerAgent;

  constructor({ federation }: OutsideConfig, clock: Clock, resolver: NameResolver) {
    this.rules = {
      ...{ clock, resolver, mayConnect: addressRules(federation.privateAddresses) },
      secureContext: () => trustAuthorities(federation.caFile),
      sessions: new BoundedCache(rememberedSessions),
    };
    const most = federation.maxConnections;
    this.slots = new RequestSlots({
      ...{ inAll: most, probes: Math.ceil(most / 4), perServer: requestsPerServer },
      ...{ waitingPerServer, waitingInAll },
    });
    this.agent = new ServerAgent((route, deadline) => openConnection(this.rules, route, deadline), most);
  }

  /**
   * Sends a request when its turn has come. `isProbe`: nobody knows whether the server answers. The slot is held until
   * the response's body has been read or given up.
   */
  async send(request: HttpRequest, isProbe: boolean, deadline: Deadline): Promise<IncomingMessage> {
    const release = await this.slots.acquire(request.poolKey, isProbe, deadline);
    try {
      const response = await sendRequest(this.agent, request, deadline);
      response.once('close', release);
      return response;
    } catch (error) {
      release();
      throw error;
    }
  }

  close(): void {
    this.agent.destroy();
  }
}
