import { makeSendRequest } from '@holdfast/effects/send-request.ts';

/** To what is watched, and to those who are told. */
export const sendRequest = makeSendRequest(64 * 1024);
