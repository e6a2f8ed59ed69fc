import { readSession } from './ask.js';
import { build } from './build.js';
import { showHealth } from './health-panel.js';
import { showInvitations } from './invitations-panel.js';
import { connectSteps } from './landing-page.js';
import { heading, section } from './parts.js';
import { showPeople } from './people-panel.js';
import { showWorld } from './world-panel.js';

/** The pages for administrators, by address; those with a `link` are in the navigation. */
export const administrationPages = {
  '/admin': { title: 'Overview', link: 'Overview', show: showOverview },
  '/admin/invitations': {
    title: 'Invitations',
    link: 'Invitations',
    show: (server) => [heading('Invitations'), showInvitations(server)],
  },
  '/admin/people': { title: 'People', link: 'People', show: () => [heading('People'), showPeople()] },
  '/admin/world': {
    title: 'Reachability',
    link: 'Reachability',
    show: (server) => [heading('Let the world in'), showWorld(server)],
  },
  '/admin/welcome': { title: 'Ready', show: showWelcome },
};

function showOverview(server) {
  return [heading(server.server_name), showHealth(), section('Connect', connectSteps(server, readSession()?.userId))];
}

/** The end of the set-up: what to do first. */
function showWelcome(server) {
  return [
    heading(`${server.server_name} is ready`),
    build('p', { class: 'lead' }, 'Your homeserver runs, and you are its administrator. Three things are next.'),
    section('1. Connect a client', connectSteps(server, readSession()?.userId)),
    section('2. Invite people', showInvitations(server)),
    section('3. Let the world in', showWorld(server)),
  ];
}
