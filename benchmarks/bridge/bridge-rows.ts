import { below, compare, type FigureRow, tenTimes } from '../figure-table.ts';

/** What is measured of application services and of the bridge, and the goals. */
export const bridgeRows: readonly FigureRow[] = [
  {
    ...{ key: 'rateLive', title: 'events to a service while 64 clients send', unit: '/s', digits: 0 },
    ...{ goal: '≥ 10 × Synapse', reached: tenTimes('rateLive') },
  },
  { key: 'rateLiveLagMs', title: 'the same: the last one after the last send', unit: 'ms', digits: 0 },
  {
    ...{ key: 'rateBacklog', title: 'events to a service for which they waited', unit: '/s', digits: 0 },
    ...{ goal: '≥ 10 × Synapse', reached: tenTimes('rateBacklog') },
  },
  { key: 'delay10P50', title: 'from a send to the service at 10/s, p50', unit: 'ms', digits: 1 },
  { key: 'delay10P99', title: 'the same, p99', unit: 'ms', digits: 1 },
  { key: 'delay200P50', title: 'from a send to the service at 200/s, p50', unit: 'ms', digits: 1 },
  {
    ...{ key: 'delay200P99', title: 'the same, p99', unit: 'ms', digits: 1 },
    ...{ goal: '< 20 ms', reached: below('delay200P99', 20) },
  },
  { key: 'hangingNoneP99', title: '20 services that answer, p99 of 15 of them', unit: 'ms', digits: 1 },
  { key: 'hangingSomeP99', title: 'the same while the other 5 hang', unit: 'ms', digits: 1 },
  {
    ...{ key: 'hangingRise', title: 'the change', unit: '%', digits: 1 },
    ...{ goal: '< 10 %', reached: below('hangingRise', 10) },
  },
  {
    ...{ key: 'returnSeconds', title: 'all that waited reached a service that came back', unit: 's', digits: 1 },
    ...{ goal: '< 30 s', reached: below('returnSeconds', 30) },
  },
  { key: 'ircMembersSeconds', title: 'people of IRC shown in their rooms', unit: 's', digits: 1 },
  { key: 'toMatrixP50', title: 'IRC to Matrix at 200/s each way, p50', unit: 'ms', digits: 1 },
  {
    ...{ key: 'toMatrixP99', title: 'the same, p99', unit: 'ms', digits: 1 },
    ...{ goal: '< 100 ms', reached: below('toMatrixP99', 100) },
  },
  { key: 'toIrcP50', title: 'Matrix to IRC at 200/s each way, p50', unit: 'ms', digits: 1 },
  {
    ...{ key: 'toIrcP99', title: 'the same, p99', unit: 'ms', digits: 1 },
    ...{ goal: '< 100 ms', reached: below('toIrcP99', 100) },
  },
  { key: 'bridgeCpuShare', title: 'CPU of the bridge meanwhile', unit: '% of a core', digits: 0 },
  {
    ...{ key: 'bridgeMegabytes', title: 'memory of the bridge at most', unit: 'MB', digits: 0 },
    ...{ goal: '< 150 MB', reached: below('bridgeMegabytes', 150) },
  },
  {
    ...{ key: 'splitCpuSeconds', title: 'netsplit and return: CPU of the bridge', unit: 's', digits: 2 },
    ...{ goal: '< 1 s', reached: below('splitCpuSeconds', 1) },
  },
  {
    ...{ key: 'splitMembershipEvents', title: 'the same: membership events', unit: '', digits: 0 },
    ...{
      goal: '0',
      reached: (look) => compare(look('holdfast', 'splitMembershipEvents'), 0, (own, none) => own === none),
    },
  },
];
