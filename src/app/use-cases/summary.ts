// The results of the engine for each certificate, in the form of the final summary.
import type { RunResult, RunSummary as EngineSummary } from '../../engine/result.ts';
import type { CertificateOutcome, RunSummary } from './commands.ts';

export function summaryFrom({ exit, results }: EngineSummary): RunSummary {
  return { exit, certificates: [...results].map(([name, result]) => outcome(name, result)) };
}

function outcome(name: string, result: RunResult): CertificateOutcome {
  if ('failure' in result) {
    const { code, message } = result.failure;
    const state = code === 'LOCKED' ? 'locked' : code === 'INTERRUPTED' ? 'interrupted' : 'failed';
    return { certificate: name, state, exit: result.exit, why: [message] };
  }
  const { standing, exit } = result;
  if (standing.kind === 'planned') {
    return { certificate: name, state: 'planned', exit, why: [`would ${standing.step}`] };
  }
  if (standing.kind === 'tried' || standing.kind === 'renamed') {
    return { certificate: name, state: standing.kind, exit, why: [] };
  }
  if (standing.kind === 'gone') {
    const why =
      standing.archive === undefined
        ? []
        : [
            `its keys and chains are in ${standing.archive}; files at deploy targets were not ` +
              'changed',
          ];
    return { certificate: name, state: 'deleted', exit, why };
  }
  const why = standing.reasons.map(({ because }) => because);
  if (standing.kind === 'done') {
    return { certificate: name, state: 'done', exit, until: standing.until, why };
  }
  if (standing.kind === 'blocked') return { certificate: name, state: 'blocked', exit, why };
  const known = standing.known ? { until: standing.until } : {};
  return { certificate: name, state: 'waiting', exit, ...known, why };
}
