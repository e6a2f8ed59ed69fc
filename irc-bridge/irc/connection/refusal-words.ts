/** Numeric replies that say no, in words for people. `%` is what the reply is about. */
const words: Readonly<Record<string, string>> = {
  '401': 'there is nobody named % on the network',
  '403': 'there is no channel %',
  '404': '% does not let this be said: it is moderated, or you are banned or not in it',
  '405': 'no more channels can be joined',
  '408': '% does not allow colours',
  '407': '% is too many recipients at once',
  '411': 'nobody was named',
  '412': 'there was nothing to say',
  '415': 'the network does not allow this recipient',
  '416': 'the network answers that too much was asked for',
  '432': 'the network does not allow the nick %',
  '433': 'the nick % is in use',
  '435': 'the nick cannot be changed while banned from %',
  '436': 'the nick % is in use on two servers at once',
  '437': '% is not available at the moment',
  '438': 'the nick is being changed too often',
  '441': '% is not in the channel',
  '442': 'you are not in %',
  '443': '% is in the channel already',
  '447': 'the nick cannot be changed while in %',
  '461': 'the network wants more to be said with %',
  '465': 'you are banned from this server',
  '467': '% has a key already',
  '470': '% sends people on to another channel',
  '471': '% is full',
  '472': 'the network knows no mode %',
  '473': '% is for invited people only',
  '474': 'you are banned from %',
  '475': '% needs a key, or another one',
  '476': '% is no name for a channel',
  '477': '% is for people with a registered nick who are logged in',
  '478': 'the list of % is full',
  '480': '% is being joined too often',
  '482': 'you are no operator of %',
  '484': 'the network protects %',
  '485': 'you did not make %',
  '486': '% takes messages of people with a registered nick only',
  '489': '% is for people with an encrypted connection only',
  '494': '% takes no messages from whom its owner has not accepted',
  '499': 'you do not own %',
  '501': 'the network knows no such mode',
  '502': 'the modes of others cannot be changed',
  '520': '% is for operators of the network only',
  '531': '% takes no messages from you',
  '492': '% takes no requests of clients',
  '716': '% takes no messages from whom its owner has not accepted',
  '742': '% does not allow this mode to be changed',
  '926': 'the network does not allow the channel %',
  '936': 'the network does not allow one of the words',
  '974': 'the network does not allow this mode: %',
};

/** Some servers answer with one number for several modes and name the mode in their words. */
const codeOfMode: Readonly<Record<string, string>> = { R: '477', r: '477', z: '489', S: '489' };
const closed = new Set(['471', '473', '474']);

/** Errors that no command of ours causes: there is no message of the day, or nobody of a name was there. */
const unasked = new Set(['406', '422']);

/** Whether a numeric reply is a refusal that a command may have caused: all errors, also those that no list has. */
export function isRefusalCode(code: string): boolean {
  return Object.hasOwn(words, code) || (/^[45]\d\d$/.test(code) && !unasked.has(code));
}

/** Whether it is one of which it is known what it means, so that it need not name what it is about. */
export function isKnownRefusal(code: string): boolean {
  return Object.hasOwn(words, code);
}

const longestReason = 200;

/** A refusal in words, followed by the server's own where they say more. */
export function refusalInWords(code: string, about: string, serverText: string): string {
  const mode = closed.has(code) ? /\(\+([A-Za-z])\)/.exec(serverText)?.[1] : undefined;
  const told = (words[codeOfMode[mode ?? ''] ?? code] ?? 'the network refused it').replace('%', () => about);
  const own = serverText.trim().slice(0, longestReason);
  return own === '' ? told : `${told} (${own})`;
}
