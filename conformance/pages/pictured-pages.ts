/**
 * All pages that people see, by the names that `checkPage` is given, in the order in which docs/operating/console.md shows
 * them. docs/screenshots/ has a picture of each, in each of `pictures`.
 */
export const pages = [
  ...['set-up-waiting', 'set-up-name', 'set-up-confirm', 'set-up-account', 'set-up-ready', 'set-up-world'],
  ...['invitation', 'join', 'landing', 'log-in', 'welcome'],
  ...['overview', 'processes', 'database', 'federation', 'world', 'appservices'],
  ...['people', 'account', 'rooms', 'room', 'media', 'invitations', 'reports'],
  ...['alerts', 'tasks', 'audit'],
  ...['status-well', 'status-disturbed', 'status-over', 'status-unknown', 'acknowledge'],
] as const;
export type PageName = (typeof pages)[number];

/** How a page is looked at, and pictured. */
export const views = ['desk-light', 'desk-dark', 'phone-light', 'phone-dark'] as const;
