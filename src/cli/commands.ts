// The contract stands in app/commands.ts, below both sides of it.
export type * from '../app/commands.ts';
