import { buildPhases, verdictResults } from "../../src/api/objects/build.ts";
import { builderPhases } from "../../src/api/objects/builder.ts";
import {
  blockedReasons,
  infrastructureReasons,
  poolConditions,
  poolReasons,
  poolWarnings,
} from "../../src/api/objects/reasons.ts";
import { type Vocabulary, wordsOf } from "../../src/api/values/vocabulary.ts";
import { code, table, wrapped } from "./markdown.ts";

/** Returns the reference page of every phase, condition and reason on an object, in an Event or in a log line. */
export function wordsPage(): string {
  return `${[
    "<!-- Written by `make generate` from src/api; changes made here are lost. -->",
    "",
    "# Words",
    "",
    wrapped(
      "This page lists every phase, condition and reason on an object, in an Event or in a log line. On the object, a message beside the reason describes the case and the next step.",
    ),
    "",
    "## Phases of a builder",
    "",
    "```",
    "Pending ─► Warming ─► Ready ─► Draining ─► Drained ─► deleted, or Pending again",
    "                        ▲ └─► Suspect ─► Lost           │",
    "                        └── Quarantined                 │ released",
    "                        └───────────────────────────────┘",
    "```",
    "",
    ...vocabularyTable("phase", builderPhases),
    "",
    "## Phases of a build",
    "",
    "```",
    "Queued ─► Claimed ─► Running ─► Done ─► Claimed, for a push or a recheck",
    "   ▲          │          │",
    "   └──────────┴──────────┘ infrastructure failure, drain, lost builder, newer commit",
    "```",
    "",
    ...vocabularyTable("phase", buildPhases),
    "",
    "## Verdicts",
    "",
    "A verdict is about the pull request only.",
    "",
    ...vocabularyTable("result", verdictResults),
    "",
    "## Infrastructure failures",
    "",
    wrapped(
      "The pull request is not the cause of an infrastructure failure, and GitHub never shows it as red. The build is queued again. `status.trouble` of the Build describes the failure and names the builder.",
    ),
    "",
    ...vocabularyTable("reason", infrastructureReasons),
    "",
    "## Why a pull request is not built",
    "",
    "The reason is in `spec.blocked` of the Build.",
    "",
    ...vocabularyTable("reason", blockedReasons),
    "",
    "## Conditions of a pool",
    "",
    wrapped(
      "To wait for a condition, run `kubectl wait --for=condition=Available builderpool/NAME`. Unknown means that the condition could not be observed.",
    ),
    "",
    ...table(
      ["type", "meaning of True", "healthy status"],
      Object.entries(poolConditions).map(([type, { meaning, healthy }]) => [code(type), meaning, healthy ?? "either"]),
    ),
    "",
    "## Events and reasons of a pool",
    "",
    wrapped(
      "`kubectl events --for builderpool/NAME` and `kubectl events --for builder/NAME` show the Events. On one machine the Events are lines of the log. Conditions use the same reasons.",
    ),
    "",
    ...table(
      ["reason", "meaning", "type of Event"],
      wordsOf(poolReasons).map((word) => [
        code(word),
        poolReasons[word],
        poolWarnings.has(word) ? "Warning" : "Normal",
      ]),
    ),
  ].join("\n")}\n`;
}

function vocabularyTable<Word extends string>(head: string, vocabulary: Vocabulary<Word>): readonly string[] {
  return table(
    [head, "meaning"],
    wordsOf(vocabulary).map((word) => [code(word), vocabulary[word]]),
  );
}
