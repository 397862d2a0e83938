// Commands of the operator around the work of a run.

export interface RunCommand {
  readonly argv: readonly string[];
  /**
   * Ends by its own deadline, and is not aborted half-way.
   * @throws AppError; its details have `isStarted: false` when the command was not started
   */
  run(): Promise<void>;
}

export interface RunCommands {
  /** Before the first order or deployment. */
  readonly before?: RunCommand;
  /** When all that followed has ended. */
  readonly after?: RunCommand;
}
