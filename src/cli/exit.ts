/** Exit codes of `builderpool`, part of its contract with scripts. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** Wrong flag, argument or input file. */
  usage: 2,
  /** No `builderpool up` runs in the work folder, or it never did. */
  notRunning: 3,
  /** Another `builderpool up` runs in the work folder. */
  locked: 4,
  /** `bin/builderpool` itself, as nothing else of it can run: the checkout lacks its packages. */
  notSetUp: 69,
} as const;

/** What each exit code says, for help and reference. */
export const exitMeanings: Readonly<Record<(typeof exitCodes)[keyof typeof exitCodes], string>> = {
  0: "done",
  1: "something failed; standard error says what",
  2: "a flag, an argument or an input file is wrong",
  3: "no `builderpool up` runs in the work folder",
  4: "another `builderpool up` runs in the work folder",
  69: "the checkout is not set up: `make setup` was not run in it, or did not end well",
};

/** Ends a command with a sentence on standard error and an exit code. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
