import type { Endpoint } from '../endpoint.ts';
import { deleteDevice } from './device_management/delete-device.ts';
import { deleteDevices } from './device_management/delete-devices.ts';
import { getDevice } from './device_management/get-device.ts';
import { getDevices } from './device_management/get-devices.ts';
import { updateDevice } from './device_management/update-device.ts';
import { getLoginFlows } from './login/get-login-flows.ts';
import { login } from './login/login.ts';
import { generateLoginToken } from './login_token/generate-login-token.ts';
import { logout } from './logout/logout.ts';
import { logoutAll } from './logout/logout-all.ts';
import { changePassword } from './password_management/change-password.ts';
import { refresh } from './refresh/refresh.ts';
import { checkUsernameAvailability } from './registration/check-username-availability.ts';
import { register } from './registration/register.ts';
import { registrationTokenValidity } from './registration_tokens/registration-token-validity.ts';
import { getTokenOwner } from './whoami/get-token-owner.ts';

/** Accounts, how they log in, and their devices. */
export const accountRoutes: readonly Endpoint[] = [
  ...[register, checkUsernameAvailability, registrationTokenValidity],
  ...[getLoginFlows, login, generateLoginToken, refresh, logout, logoutAll, getTokenOwner],
  ...[changePassword],
  ...[getDevices, getDevice, updateDevice, deleteDevice, deleteDevices],
];
