import type { Endpoint } from '../endpoint.ts';
import { deactivateAccount } from './account-deactivation/deactivate-account.ts';
import { getAdminLockUser } from './admin/get-admin-lock-user.ts';
import { getAdminSuspendUser } from './admin/get-admin-suspend-user.ts';
import { getWhoIs } from './admin/get-who-is.ts';
import { setAdminLockUser } from './admin/set-admin-lock-user.ts';
import { setAdminSuspendUser } from './admin/set-admin-suspend-user.ts';
import { getAccount3PIDs } from './administrative-contact/get-account-3pids.ts';
import { deleteDevice } from './device-management/delete-device.ts';
import { deleteDevices } from './device-management/delete-devices.ts';
import { getDevice } from './device-management/get-device.ts';
import { getDevices } from './device-management/get-devices.ts';
import { updateDevice } from './device-management/update-device.ts';
import { getLoginFlows } from './login/get-login-flows.ts';
import { login } from './login/login.ts';
import { generateLoginToken } from './login-token/generate-login-token.ts';
import { logout } from './logout/logout.ts';
import { logoutAll } from './logout/logout-all.ts';
import { requestOpenIdToken } from './openid/request-open-id-token.ts';
import { changePassword } from './password-management/change-password.ts';
import { refresh } from './refresh/refresh.ts';
import { checkUsernameAvailability } from './registration/check-username-availability.ts';
import { register } from './registration/register.ts';
import { registrationTokenValidity } from './registration-tokens/registration-token-validity.ts';
import { getTokenOwner } from './whoami/get-token-owner.ts';

/** Accounts, how they log in, and their devices. */
export const accountRoutes: readonly Endpoint[] = [
  ...[register, checkUsernameAvailability, registrationTokenValidity],
  ...[getLoginFlows, login, generateLoginToken, refresh, logout, logoutAll, getTokenOwner],
  ...[changePassword, deactivateAccount, getAccount3PIDs, requestOpenIdToken],
  ...[getDevices, getDevice, updateDevice, deleteDevice, deleteDevices],
  ...[getWhoIs, getAdminLockUser, setAdminLockUser, getAdminSuspendUser, setAdminSuspendUser],
];
