/** What of a pool changes with a field: `observe` in fields.test.ts computes each. */
export type Observed = "arguments" | "budget" | "checks" | "logAddress" | "pod" | "trust";

interface Differs {
  readonly kind: "differs";
  readonly observed: Observed;
  readonly change: object;
  /** The spec without the change, or facts about the pull request for `trust`. */
  readonly beside: object;
}

/** A test of a file that sets the field. */
export interface Tested {
  readonly kind: "tested";
  readonly file: string;
  readonly title: string;
}

/** A proof that a field has an effect, or that people are told that it has none. */
export type Proof =
  | Differs
  | Tested
  | { readonly kind: "names"; readonly change: object }
  | { readonly kind: "refuses"; readonly message: string };

/** The proof of a field for each of the two modes. */
export interface Modes {
  readonly cluster: Proof;
  readonly machine: Proof;
}

/** One proof for both modes: the code is the same. */
export const both = (proof: Differs | Tested): Modes => ({ cluster: proof, machine: proof });
/** One proof for each mode. */
export const only = (modes: Modes): Modes => modes;
/** The change of the spec changes what is observed. */
export const differs = (observed: Observed, change: object, beside: object = {}): Differs => ({
  kind: "differs",
  observed,
  change,
  beside,
});
/** The test of this title shows the effect. */
export const tested = (file: string, title: string): Tested => ({ kind: "tested", file, title });
/** `up` and `doctor` name the field, since it has no effect on one machine. */
export const names = (change: object): Proof => ({ kind: "names", change });
/** The API server refuses the field with this message. */
export const refuses = (message: string): Proof => ({ kind: "refuses", message });
