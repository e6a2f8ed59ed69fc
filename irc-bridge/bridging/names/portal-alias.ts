const channelPattern = /^[#&+!][^\s,\u0007\u0000]{1,99}$/;

/** Whether a text is the name of a channel. */
export function isChannelName(text: string): boolean {
  return channelPattern.test(text);
}

/** The localpart of a channel's alias: `irc_libera_#matrix`. `channel` is folded. */
export function toAliasLocalpart(network: string, channel: string): string {
  return `irc_${network}_${channel.replaceAll('=', '=3d').replaceAll(':', '=3a')}`;
}

/** The network and channel of an alias of this server; undefined for other aliases. */
export function readPortalAlias(alias: string, serverName: string): { network: string; channel: string } | undefined {
  const end = `:${serverName}`;
  if (!alias.endsWith(end)) return undefined;
  const [, network, escaped] = /^#irc_([a-z0-9.-]+)_(.+)$/.exec(alias.slice(0, -end.length)) ?? [];
  if (network === undefined || escaped === undefined) return undefined;
  const channel = escaped.replaceAll('=3a', ':').replaceAll('=3d', '=');
  return isChannelName(channel) ? { network, channel } : undefined;
}
