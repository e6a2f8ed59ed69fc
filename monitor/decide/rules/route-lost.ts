import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** A route that was there, or that the configuration asks for, is gone: what lies behind it cannot be reached. */
export const routeLost = defineRule({
  name: 'route-lost',
  title: 'A route is gone',
  severities: ['page'],
  source: 'network',
  clearAfterMs: 15_000,
  causes: ['address-lost'],
  judge({ missingRoutes }) {
    return missingRoutes.map(({ route, forMs }) => {
      return {
        subject: route,
        severity: 'page',
        summary: `the route ${route} has been gone for ${formatDuration(forMs)}`,
      };
    });
  },
});
