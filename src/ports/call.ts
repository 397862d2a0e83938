/**
 * What every call that leaves the process carries: whoever starts it can end it. Adapters add their
 * own deadlines.
 */
export interface Call {
  readonly signal?: AbortSignal;
}
