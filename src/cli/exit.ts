/** Exit codes of `builderpool`. Scripts depend on them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** A flag, an argument or an input file is wrong. */
  usage: 2,
  /** No `builderpool up` runs in the work folder. */
  notRunning: 3,
  /** Another `builderpool up` runs in the work folder. */
  locked: 4,
  /** From `bin/builderpool` alone: the checkout lacks its packages, so no other code can run. */
  notSetUp: 69,
} as const;

/** Meaning of each exit code, for help and reference. */
export const exitMeanings: Readonly<Record<(typeof exitCodes)[keyof typeof exitCodes], string>> = {
  0: "done",
  1: "the command failed; standard error gives the reason",
  2: "a flag, an argument or an input file is wrong",
  3: "no `builderpool up` runs in the work folder",
  4: "another `builderpool up` runs in the work folder",
  69: "the checkout is not set up; run `make setup` in it",
};

/** Ends a command: prints the message on standard error and exits with the code. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
