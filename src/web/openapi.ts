// The description of the API, for programs (OpenAPI 3.1). The fields of a certificate and of an
// event are described in docs/json.md.

const text = (description: string): object => ({ type: 'string', description });
const time = (description: string): object => ({
  ...{ type: ['string', 'null'], format: 'date-time' },
  description,
});

const document = (properties: Readonly<Record<string, object>>): object => ({
  type: 'object',
  properties: {
    schema: { const: 1, description: 'another number: fields changed' },
    ...properties,
  },
  required: ['schema', ...Object.keys(properties)],
});

const ROW = {
  type: 'object',
  properties: {
    certificate: text('its name'),
    phase: text('as in holger status: idle, waiting, needs a person, …'),
    names: { type: 'array', items: { type: 'string' }, description: 'its domain names' },
    notAfter: time('the end of the live certificate'),
    waitingFor: { type: ['string', 'null'], description: 'what it waits for' },
    until: time('when that ends, if it is known'),
    next: { type: ['string', 'null'], description: 'the next step' },
    why: { type: 'array', items: { type: 'string' }, description: 'one sentence each' },
    trouble: { type: ['object', 'null'], description: 'the last failure, as long as it lasts' },
  },
};

const NAME = {
  ...{ name: 'name', in: 'path', required: true },
  schema: { type: 'string' },
};

const answer = (description: string, schema: object): object => ({
  description,
  content: { 'application/json': { schema } },
});

const REFUSED = {
  '401': answer('no token', { $ref: '#/components/schemas/Error' }),
  '404': answer('there is none of that name', { $ref: '#/components/schemas/Error' }),
  '421': answer('another Host', { $ref: '#/components/schemas/Error' }),
};

const get = (summary: string, schema: object, parameters: readonly object[] = []): object => ({
  get: { summary, parameters, responses: { '200': answer('as asked', schema), ...REFUSED } },
});

export function openApi(version: string): object {
  return {
    openapi: '3.1.0',
    info: { title: 'holger serve', version, license: { name: 'MIT', identifier: 'MIT' } },
    security: [{ token: [] }, {}],
    paths: {
      '/healthz': get('Whether rounds happen at their time; 503: they do not', {
        type: 'object',
        properties: { status: { enum: ['ok', 'late'] }, detail: { type: 'string' } },
        required: ['status'],
      }),
      '/metrics': {
        get: {
          summary: 'Metrics in the text format of Prometheus',
          responses: { '200': { description: 'as asked', content: { 'text/plain': {} } } },
        },
      },
      '/api/v1/openapi.json': get('This description', { type: 'object' }),
      '/api/v1/certificates': get(
        'All certificates, a row each, by name',
        document({ at: time('when it was made'), certificates: { type: 'array', items: ROW } }),
      ),
      '/api/v1/certificates/{name}': get(
        'One certificate, as holger status --json prints it',
        document({ at: time('when it was made'), status: { type: 'object' } }),
        [NAME],
      ),
      '/api/v1/history/{name}': get(
        'What happened to a certificate, as holger history --json prints it',
        document({
          certificate: text('its name'),
          events: { type: 'array', items: { type: 'object' } },
        }),
        [NAME],
      ),
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Error: {
          type: 'object',
          properties: {
            error: {
              type: 'object',
              properties: { status: { type: 'integer' }, message: { type: 'string' } },
            },
          },
        },
      },
    },
  };
}
