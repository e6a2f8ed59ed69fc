import { rules } from '../decide/rules.ts';
import type { Yaml } from './format-yaml.ts';

const match = (label: string, value: string) => `${label}="${value}"`;

/**
 * Alertmanager: one notification for each rule, repeated until it is over; what explains an alert silences it, and nothing
 * silences that data is being lost. Receivers hand over to whoever wakes people.
 */
export function alertmanagerConfig(): Yaml {
  const page = match('severity', 'page');
  return {
    route: {
      ...{ receiver: 'team', group_by: ['rule', 'server_name'], group_wait: '10s', group_interval: '1m' },
      repeat_interval: '4h',
      routes: [
        { matchers: [match('loses_data', 'true')], receiver: 'everybody', group_wait: '0s', repeat_interval: '5m' },
        { matchers: [page], receiver: 'on-call', repeat_interval: '5m' },
        {
          ...{ matchers: [match('severity', 'warning')], receiver: 'team', repeat_interval: '24h' },
          mute_time_intervals: ['night'],
        },
      ],
    },
    inhibit_rules: listInhibitions(),
    time_intervals: [
      {
        name: 'night',
        time_intervals: [
          {
            times: [
              { start_time: '00:00', end_time: '07:00' },
              { start_time: '20:00', end_time: '24:00' },
            ],
          },
        ],
      },
    ],
    receivers: [
      { name: 'everybody', webhook_configs: [webhook('everybody')] },
      { name: 'on-call', webhook_configs: [webhook('on-call')] },
      { name: 'team', webhook_configs: [webhook('team')] },
    ],
  };
}

/** Where a receiver leads; to be replaced by PagerDuty's, Slack's or another's of your own. */
function webhook(name: string): Yaml {
  return { url: `http://127.0.0.1:9095/${name}`, send_resolved: true };
}

/** A page silences the warning of the same thing, and a cause silences what always follows from it. */
function listInhibitions(): Yaml[] {
  const isMutable = match('loses_data', 'false');
  const page = match('severity', 'page');
  return [
    {
      ...{ source_matchers: [page], target_matchers: [match('severity', 'warning'), isMutable] },
      equal: ['server_name', 'rule', 'subject'],
    },
    ...rules.flatMap(({ name, causes }) => {
      // Where a cause explains only some subjects, Prometheus cannot tell which: nothing is silenced.
      const certain = causes.filter(({ explains }) => explains === undefined).map(({ rule }) => rule);
      if (certain.length === 0) return [];
      return [
        {
          source_matchers: [page, `rule=~"${certain.join('|')}"`],
          target_matchers: [match('rule', name), isMutable],
          equal: ['server_name'],
        },
      ];
    }),
  ];
}
