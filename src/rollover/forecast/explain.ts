// Steps and stages in words, for plans that are printed and not carried out.
import { tlsaOf, tlsaText } from '../../dane/tlsa.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Step } from '../decision.ts';
import type { Stage } from './forecast.ts';

function listed(sign: string, rdata: readonly RdataHex[]): string[] {
  return rdata.map((item) => `${sign} ${tlsaText(tlsaOf(item))}`);
}

/** Reads after "would": one step, with the records that it changes. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'create-key':
      if (step.request !== undefined) {
        return `use the key of the request in ${step.request} (generation ${step.generation}) and order a certificate for it`;
      }
      return step.sameKeyAs === undefined
        ? `make a new key (generation ${step.generation}) and order a certificate for it`
        : `order again with the key of generation ${step.sameKeyAs}`;
    case 'obtain':
      return `continue with the order of generation ${step.generation}`;
    case 'publish': {
      const { owner, add, remove, ttl } = step.edit;
      return `change ${owner} (TTL ${ttl}): ${[...listed('+', add), ...listed('-', remove)].join(', ')}`;
    }
    case 'send':
      return `send generation ${step.generation} to ${step.labels.join(', ')}`;
    case 'deploy':
      return `deploy generation ${step.generation}`;
    case 'reload':
      return `reload the services again to load generation ${step.generation}`;
    case 'repair':
      return `deploy generation ${step.generation} again at ${step.labels.join(', ')}`;
    case 'take':
      return `take the key and certificate of the other program as generation ${step.generation}`;
    case 'roll-back':
      return `deploy generation ${step.to} again at all targets, as generation ${step.generation}`;
    case 'prove':
      return `record generation ${step.generation} as proven`;
  }
}

/** A stage after "then:" or "next:", without its records and times. */
export function stageWords(stage: Stage): string {
  switch (stage.stage) {
    case 'key':
      if (stage.request !== undefined) {
        return `use the key of the request in ${stage.request} for generation ${stage.generation}`;
      }
      if (stage.ahead === true) return `make the key of generation ${stage.generation} ahead`;
      return stage.sameKeyAs === undefined
        ? `make a new key for generation ${stage.generation}`
        : `use the key of generation ${stage.sameKeyAs} again for generation ${stage.generation}`;
    case 'order':
      return `order generation ${stage.generation}`;
    case 'publish':
    case 'withdraw':
      return `${stage.stage} records at ${stage.owner}`;
    case 'wait':
      return 'wait';
    case 'take':
      return `take the key and certificate of the other program as generation ${stage.generation}`;
    case 'send':
      return `send generation ${stage.generation} to ${stage.labels.join(', ')}`;
    case 'deploy':
      return `deploy generation ${stage.generation}`;
    case 'reload':
      return `reload the services of generation ${stage.generation}`;
    case 'roll-back':
      return `deploy an earlier generation again, as generation ${stage.generation}`;
    case 'prove':
      return `prove generation ${stage.generation} by a handshake with every endpoint`;
    case 'rest':
      return 'nothing until the next renewal';
    case 'forget':
      return 'archive its keys and chains, and delete its state';
    case 'rename':
      return `take over keys, chains and state of "${stage.from}"`;
    case 'open':
      return stage.person ? 'needs a person' : 'open';
  }
}
