import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { Listing } from "../pullRequest/pullRequest.ts";

/** The objects that the shadows of a pool depend on. */
export interface ShadowContext {
  /** All Builders of the pool. */
  readonly builders: readonly Builder[];
  /** A Build of any pool, by name. */
  readonly buildOf: (name: string) => Stored<"Build"> | undefined;
}

/** The input for the plan of one pool's queue. */
export interface ObservedQueue {
  readonly pool: Stored<"BuilderPool">;
  /** The pool's resolved checks. */
  readonly checks: readonly ResolvedCheck[];
  /** The pool's checks with a broken definition, each with a message. */
  readonly broken: readonly { readonly name: string; readonly message: string }[];
  /** The name of the pool that owns a check. */
  readonly ownerOf: (check: ResolvedCheck) => string | undefined;
  /** The last complete listing; undefined before the first one. Undefined is not an empty listing. */
  readonly listingOf: (target: Pick<ResolvedCheck, "repository" | "branch">) => Listing | undefined;
  /** The pool's Builds. */
  readonly builds: readonly Stored<"Build">[];
  /** Whether tested pull requests are rechecked until they are merged. */
  readonly rechecks: boolean;
  /** The Builds of other pools for a check and pull request. */
  readonly rivalsOf?: (check: ResolvedCheck, number: number) => readonly Stored<"Build">[];
  /** The objects around the shadows of the pool. Without them no shadow is planned. */
  readonly shadows?: ShadowContext;
}

/** One write. `because` gives people the reason, as a clause. */
export type QueueAction =
  | { readonly do: "create"; readonly build: Build; readonly because: string }
  | { readonly do: "update"; readonly build: Stored<"Build">; readonly because: string }
  | { readonly do: "delete"; readonly build: Stored<"Build">; readonly because: string };
