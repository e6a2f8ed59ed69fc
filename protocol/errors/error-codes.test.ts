import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, errorStatus, isErrorCode } from './error-codes.ts';
import { MatrixError } from './matrix-error.ts';

/** The status that the specification's replies show with a code, where all of them show the same. */
const documented: Partial<Record<ErrorCode, number>> = {
  M_APPSERVICE_LOGIN_UNSUPPORTED: 400,
  M_BAD_ALIAS: 400,
  M_BAD_JSON: 400,
  M_BAD_STATUS: 502,
  M_CANNOT_OVERWRITE_MEDIA: 409,
  M_CONNECTION_FAILED: 502,
  M_CONNECTION_TIMEOUT: 504,
  M_DUPLICATE_ANNOTATION: 400,
  M_EXCLUSIVE: 400,
  M_FORBIDDEN: 403,
  M_INCOMPATIBLE_ROOM_VERSION: 400,
  M_INVALID_PARAM: 400,
  M_INVALID_ROOM_STATE: 400,
  M_INVALID_SIGNATURE: 400,
  M_INVALID_USERNAME: 400,
  M_INVITE_BLOCKED: 403,
  M_KEY_TOO_LARGE: 400,
  M_LIMIT_EXCEEDED: 429,
  M_MISSING_PARAM: 400,
  M_MISSING_TOKEN: 401,
  M_NOT_FOUND: 404,
  M_NOT_JSON: 400,
  M_NOT_YET_UPLOADED: 504,
  M_PROFILE_TOO_LARGE: 400,
  M_ROOM_IN_USE: 400,
  M_SERVER_NOT_TRUSTED: 400,
  M_THREEPID_AUTH_FAILED: 403,
  M_THREEPID_DENIED: 403,
  M_THREEPID_IN_USE: 400,
  M_THREEPID_MEDIUM_NOT_SUPPORTED: 400,
  M_THREEPID_NOT_FOUND: 400,
  M_TOO_LARGE: 413,
  M_UNABLE_TO_AUTHORISE_JOIN: 400,
  M_UNABLE_TO_GRANT_JOIN: 400,
  M_UNKNOWN_DEVICE: 400,
  M_UNKNOWN_TOKEN: 401,
  M_UNRECOGNIZED: 404,
  M_UNSUPPORTED_ROOM_VERSION: 400,
  M_URL_NOT_SET: 400,
  M_USER_DEACTIVATED: 403,
  M_USER_IN_USE: 400,
  M_USER_LOCKED: 401,
  M_USER_SUSPENDED: 403,
  M_WRONG_ROOM_KEYS_VERSION: 403,
};

for (const [errcode, status] of Object.entries(documented)) {
  test(`${errcode} is answered with ${status}`, () => assert.equal(errorStatus(errcode as ErrorCode), status));
}

test('codes that the specification names without a reply of their own are known', () => {
  for (const errcode of [
    'M_BAD_STATE',
    'M_CANNOT_LEAVE_SERVER_NOTICE_ROOM',
    'M_CAPTCHA_INVALID',
    'M_CAPTCHA_NEEDED',
    'M_GUEST_ACCESS_FORBIDDEN',
    'M_RESOURCE_LIMIT_EXCEEDED',
    'M_UNAUTHORIZED',
    'M_UNKNOWN',
    'M_USER_LIMIT_EXCEEDED',
    'M_WEAK_PASSWORD',
  ]) {
    assert.equal(isErrorCode(errcode), true, errcode);
  }
});

test('what is no error code is not taken for one', () => {
  for (const text of ['', 'M_', 'M_NO_SUCH_CODE', 'm_forbidden', 'toString', '__proto__']) {
    assert.equal(isErrorCode(text), false, text);
  }
});

test('an error takes the usual status of its code unless it is given one', () => {
  assert.equal(new MatrixError('M_UNRECOGNIZED', 'No such path').status, 404);
  assert.equal(new MatrixError('M_UNRECOGNIZED', 'No such method', { status: 405 }).status, 405);
  const limited = new MatrixError('M_LIMIT_EXCEEDED', 'Too fast', { fields: { retry_after_ms: 5 } });
  assert.deepEqual([limited.status, limited.fields], [429, { retry_after_ms: 5 }]);
});
