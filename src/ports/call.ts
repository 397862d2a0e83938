/**
 * What every call that leaves the process gets: the signal by which its caller can end it. Adapters
 * add their own deadlines.
 */
export interface Call {
  readonly signal?: AbortSignal;
}
