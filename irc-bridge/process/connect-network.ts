import { readFileSync } from 'node:fs';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { Metrics } from '@holdfast/effects/metrics.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { NetworkConfig } from '../configuration/bridge-config.ts';
import { BridgeConfigError } from '../configuration/load-bridge-config.ts';
import type { IdentServer } from '../irc/ident-server.ts';
import type { IrcIdentity, IrcNetwork, ReceiveIrcEvent } from '../irc/irc-network.ts';
import { openIrcNetwork } from '../irc/network/open-irc-network.ts';

interface Parts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Is told of each connection. */
  readonly ident?: IdentServer | undefined;
}

/** How many messages of a channel are asked for when the bot was away, where the network keeps them. */
const historyMessages = 500;

/** Opens networks as they are configured. Throws BridgeConfigError when a file that is named cannot be read. */
export function connectNetwork({ clock, random, log, metrics, ident }: Parts) {
  return (config: NetworkConfig, receive: ReceiveIrcEvent): IrcNetwork =>
    openIrcNetwork(
      {
        ...{ clock, random, log, metrics },
        id: config.id,
        servers: config.servers.map(({ host, port, tls, ca }) => ({ host, port, tls, ca: ca && readPem(ca) })),
        password: config.password,
        bot: { nick: config.nick, username: config.username, realname: config.realname, ...readLogin(config.sasl) },
        userPrefix: config.ipv6Prefix,
        onSocket: ident?.add,
        historyMessages,
        followsAway: config.presence,
        limits: {
          ...{ connections: config.maxConnections, connectPaceMs: config.connectPaceMs },
          ...(config.flood && { flood: config.flood }),
        },
      },
      receive,
    );
}

function readLogin(sasl: NetworkConfig['sasl']): Pick<IrcIdentity, 'account' | 'password' | 'certificate'> {
  if (!sasl) return {};
  const { account, password, certificate, key } = sasl;
  if (certificate === undefined || key === undefined) return { account, password };
  return { account, certificate: { certificate: readPem(certificate), key: readPem(key) } };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BridgeConfigError([(error as Error).message]);
  }
}
