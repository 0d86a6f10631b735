import { wordsOf } from "../values/vocabulary.ts";
import { Group } from "./build.ts";
import { builderPhases } from "./builder.ts";
import type { Kind } from "./kinds.ts";
import { blockedReasons, infrastructureReasons } from "./reasons.ts";

/** A field with a closed set of words. A newer version may know more words. */
export interface WordField {
  /** Field below the object, such as `spec.checks[].base`. */
  readonly path: string;
  /** The words that this version knows. */
  readonly words: readonly string[];
  /** The known word as which a reader takes any other word: the most careful one. */
  readonly meaning: string;
}

const states = ["pending", "success", "error"];
const causes = wordsOf(infrastructureReasons);
const ofCheck = (path: string): readonly WordField[] => [
  { path: `${path}.trust.approvals`, words: ["AnyCommit", "HeadCommit", "Strict"], meaning: "Strict" },
  { path: `${path}.base`, words: ["LastGood", "Tip"], meaning: "Tip" },
];

/**
 * The words of each kind that a newer version may add to. A program reads an unknown word as its `meaning`, and keeps
 * the word when it writes the object. Two fields have no careful meaning: the phase of a Build, and the result of a
 * verdict. A Build with an unknown word there is left to programs that know the word.
 */
export const newerWords: Readonly<Record<Kind, readonly WordField[]>> = {
  BuilderPool: [
    ...ofCheck("spec"),
    ...ofCheck("spec.checks[]"),
    { path: "spec.warmup.builds", words: ["All", "First", "None"], meaning: "All" },
    { path: "spec.update.onStall", words: ["Pause", "Rollback"], meaning: "Pause" },
    { path: "spec.fairness.by[]", words: ["Repository", "Check", "Author"], meaning: "Repository" },
    { path: "spec.partition.strategy", words: ["Affinity", "Modulo"], meaning: "Affinity" },
    { path: "status.canary.phase", words: ["Testing", "Passed", "Disagreed"], meaning: "Testing" },
  ],
  Builder: [
    { path: "spec.desired", words: ["Active", "Drain"], meaning: "Drain" },
    { path: "status.phase", words: wordsOf(builderPhases), meaning: "Draining" },
    { path: "status.bases[].broken.reason", words: ["BaseBroken", "NothingBuilt"], meaning: "BaseBroken" },
  ],
  Build: [
    { path: "spec.group", words: Group.options, meaning: "failed" },
    { path: "spec.blocked.reason", words: wordsOf(blockedReasons), meaning: "DefinitionError" },
    { path: "spec.opinion.kind", words: ["Second", "Withdrawn"], meaning: "Second" },
    { path: "spec.otherStatus.state", words: states, meaning: "pending" },
    { path: "status.reported.state", words: states, meaning: "pending" },
    { path: "status.verdict.cause", words: causes, meaning: "BuilderLost" },
    { path: "status.history[].cause", words: causes, meaning: "BuilderLost" },
    { path: "status.trouble.reason", words: causes, meaning: "FetchFailed" },
    { path: "status.trouble.brokenBuilders[].reason", words: causes, meaning: "BuilderLost" },
  ],
  Lease: [],
};
