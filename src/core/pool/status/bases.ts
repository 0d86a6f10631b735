import type { Condition } from "../../../api/objects/metadata.ts";
import { brokenBasesOf } from "../../verdict/bases.ts";
import type { Explanation } from "../action.ts";
import type { ObservedPool } from "../observed.ts";

/** The condition BasesUsable: each broken base once, with aliBuild's words and the first time that a builder saw it. */
export function checkBasesUsable({
  members,
}: Pick<ObservedPool, "members">): Explanation & { readonly status: Condition["status"] } {
  const broken = brokenBasesOf(members);
  const [first] = broken;
  if (first === undefined) {
    return { status: "True", reason: "AsDesired", message: "The base branches of every check can be built" };
  }
  const list = broken.map(
    ({ message, since, checks }) => `${message} (since ${since.slice(11, 16)} UTC; ${checks.join(", ")})`,
  );
  return { status: "False", reason: first.reason, message: list.join("; ") };
}
