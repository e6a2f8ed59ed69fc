import type { DescribedMonitor } from '../monitor/describe-monitor.ts';
import type { Problem } from './judge-server.ts';

const page = '/admin/alerts';

/**
 * What the monitor has open, as problems: it sees more than one process can, and what it calls somebody for is never all
 * right. That it has gone silent is one too; where none ever ran there is nothing to say. Pure.
 */
export function judgeIncidents(monitor: DescribedMonitor | undefined): Problem[] {
  if (!monitor) return [];
  const problems = monitor.incidents.filter(({ severity }) => severity !== 'notice').map(describeProblem);
  if (monitor.watches) return problems;
  const silence: Problem = {
    ...{ severity: 'warning', what: 'No monitor watches this server now', page },
    remedy: 'One did. Nobody is called for what breaks until it runs again: see its log, or start it.',
  };
  return [...problems, silence];
}

function describeProblem(incident: DescribedMonitor['incidents'][number]): Problem {
  const { severity, loses_data: losesData, headline, rule, symptoms, taken_by: takenBy, told } = incident;
  const taken =
    takenBy !== null
      ? `${takenBy} has taken it.`
      : told.length > 0
        ? `Called: ${told.join(', ')}. Nobody has taken it yet.`
        : 'Nobody was called.';
  return {
    ...{ severity: severity === 'page' || losesData ? 'critical' : 'warning', what: headline, page },
    remedy: [
      ...(losesData ? ['Data is being lost.'] : []),
      taken,
      ...(symptoms.length > 0 ? [`With it: ${symptoms.join('; ')}.`] : []),
      `What to do: docs/operating/alerts/${rule}.md.`,
    ].join(' '),
  };
}
