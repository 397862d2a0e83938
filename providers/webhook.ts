// A receiver of the operator that changes a zone: the change as the JSON body of a POST, signed if
// both have a key.
import type { Clock } from '../src/base/clock.ts';
import { receiverHeaders, receiverSecrets } from '../src/http/receiver.ts';
import { parseRetryAfter } from '../src/http/retry-after.ts';
import type { ProviderTraits } from '../src/ports/provider.ts';
import type { Api, ApiAnswer } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import { changeDocument } from './_kit/document.ts';
import { failed, limited } from './_kit/failures.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from './_kit/kind.ts';
import type { OwnDoor } from './_kit/own.ts';
import { overOwnDoor } from './_kit/own.ts';

const HOST = 'the webhook';
const PATIENCE = 300;
const UNKNOWN_QUESTION = [404, 501];
const DONE: readonly unknown[] = ['done', 'unchanged'];

export const webhook = defineProvider({
  type: 'webhook',
  title: 'A receiver of your own',
  site: 'docs/providers/own.md',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'rrset',
    ttl: { least: 1 },
    signs: 'other',
    tellsApplied: false,
  },
  options: {
    url: required('url', 'gets a POST for each question and each change'),
    bearer: optional('secret', 'sent as Authorization: Bearer'),
    hmac: optional('secret', 'signs the body: Holger-Signature: sha256=…'),
    ca_file: HTTP_OPTIONS.ca_file,
  },
  notes: [
    'A receiver that compares the RRset with "now" and answers 409 prevents two writers ' +
      "from undoing each other's changes.",
    'The receiver decides the TTL of records: set ttl to the same value, or waits become ' +
      'longer.',
  ],
  async open({ url, bearer, hmac, ca_file: caFile }, tools) {
    const secrets = { bearer, hmac };
    const api = createApi({
      ...{ host: HOST, base: url, clock: tools.clock },
      http: await tools.http(caFile, receiverSecrets(url, secrets)),
      headers: ({ body }) => receiverHeaders(body, secrets),
      said: (body) => body.at('error').text(),
    });
    return overOwnDoor(door(api, this.traits, tools.clock), tools);
  },
});

function door(api: Api, traits: ProviderTraits, clock: Clock): OwnDoor {
  const post = async (
    body: object,
    what: string,
    takes: readonly number[],
    call: Parameters<Api['send']>[2],
  ): Promise<ApiAnswer> => {
    const answer = await api.send('POST', { path: '', body, what, takes: [...takes, 503] }, call);
    if (answer.status === 503) throw unavailable(answer, what, clock);
    return answer;
  };
  return {
    traits,
    patience: PATIENCE,
    async ask(document, what, call) {
      const answer = await post(document, what, UNKNOWN_QUESTION, call);
      return UNKNOWN_QUESTION.includes(answer.status) ? undefined : answer.json();
    },
    async apply(wanted, what, call) {
      const answer = await post(changeDocument(wanted), what, [409], call);
      if (answer.status === 409) return 'conflict';
      const { raw } = answer.json().at('status');
      if (DONE.includes(raw)) return 'accepted';
      throw failed(HOST, what, 'its answer says neither "done" nor "unchanged"');
    },
  };
}

/** With a time it is an intended refusal; without one, the effect of the request is not known. */
function unavailable({ headers, text }: ApiAnswer, what: string, clock: Clock): Error {
  const until = parseRetryAfter(headers['retry-after'], clock.now());
  return until === undefined ? failed(HOST, what, `503 ${text}`) : limited(HOST, until, text);
}
