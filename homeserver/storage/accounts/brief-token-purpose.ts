/** What a short-lived token is good for: one login of another device, or proof towards a service of who a user is. */
export type BriefTokenPurpose = 'login' | 'openid';
