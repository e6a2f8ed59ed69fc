import { showAlerts } from './alerts-panel.js';
import { showAppservices } from './appservices-panel.js';
import { readSession } from './ask.js';
import { showAudit } from './audit-panel.js';
import { build } from './build.js';
import { showCharts } from './charts-panel.js';
import { showDatabase } from './database-panel.js';
import { showFederation } from './federation-panel.js';
import { showInvitations } from './invitations-panel.js';
import { connectSteps } from './landing-page.js';
import { showMedia } from './media-panel.js';
import { showOverviewPanel } from './overview-panel.js';
import { heading, section } from './parts.js';
import { showPeople } from './people-panel.js';
import { showProcesses } from './processes-panel.js';
import { showReports } from './reports-panel.js';
import { showRoom } from './room-panel.js';
import { showRooms } from './rooms-panel.js';
import { showTasks } from './tasks-panel.js';
import { showUser } from './user-panel.js';
import { showWorld } from './world-panel.js';

/** A page that is in the navigation under its own name. */
function page(title, show, link = title) {
  return { title, link, show: (server) => [heading(title), show(server)].flat() };
}

/** The pages for administrators, by address; those with a `link` are in the navigation. */
export const administrationPages = {
  '/admin': { title: 'Overview', link: 'Overview', show: showOverview },
  '/admin/alerts': page('Alerts and who is on call', showAlerts, 'Alerts'),
  '/admin/people': page('People', showPeople),
  '/admin/user': { title: 'Account', show: showOneUser },
  '/admin/rooms': page('Rooms', showRooms),
  '/admin/room': { title: 'Room', show: showOneRoom },
  '/admin/invitations': page('Invitations', showInvitations),
  '/admin/reports': page('Reports', showReports),
  '/admin/media': page('Files', showMedia),
  '/admin/federation': page('Other servers', showFederation),
  '/admin/appservices': page('Application services and bridges', showAppservices, 'Bridges'),
  '/admin/processes': page('Processes and shards', showProcesses, 'Processes'),
  '/admin/database': page('Database', showDatabase),
  '/admin/tasks': page('Tasks', showTasks),
  '/admin/audit': page('Audit log', showAudit),
  '/admin/world': page('Let the world in', showWorld, 'Reachability'),
  '/admin/welcome': { title: 'Ready', show: showWelcome },
};

function showOverview(server) {
  return [
    heading(server.server_name),
    showOverviewPanel(),
    showCharts(),
    section('Connect', connectSteps(server, readSession()?.userId)),
  ];
}

function showOneUser(_server, parameters) {
  return [heading('Account'), showUser(parameters.get('id') ?? '')];
}

function showOneRoom(_server, parameters) {
  return [heading('Room'), showRoom(parameters.get('id') ?? '')];
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
