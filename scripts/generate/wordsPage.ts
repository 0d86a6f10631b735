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

/** The reference page of every word that an object, an Event or a log line may say. */
export function wordsPage(): string {
  return `${[
    "<!-- Written by `make generate` from src/api; changes made here are lost. -->",
    "",
    "# Words",
    "",
    "Phases, conditions and reasons: what an object, an Event or a log line may say. Beside each reason there is a sentence about the case at hand, with what to do.",
    "",
    "## Phases of a builder",
    "",
    "```",
    "Pending ─► Warming ─► Ready ─► Draining ─► Drained ─► gone, or Pending again",
    "                        ▲ └─► Suspect ─► Lost           │",
    "                        └── Quarantined                 │ released",
    "                        └───────────────────────────────┘",
    "```",
    "",
    ...table("phase", builderPhases),
    "",
    "## Phases of a build",
    "",
    "```",
    "Queued ─► Claimed ─► Running ─► Done ─► Claimed, for a push or a recheck",
    "   ▲          │          │",
    "   └──────────┴──────────┘ infrastructure, a drain, a lost builder, a newer commit",
    "```",
    "",
    ...table("phase", buildPhases),
    "",
    "## Verdicts",
    "",
    "About the pull request, and nothing else.",
    "",
    ...table("result", verdictResults),
    "",
    "## Infrastructure failures",
    "",
    "Never the pull request's fault, never red: the build is queued again, and `status.trouble` of the Build says what happened where.",
    "",
    ...table("reason", infrastructureReasons),
    "",
    "## Why a pull request is not built",
    "",
    "`spec.blocked` of the Build.",
    "",
    ...table("reason", blockedReasons),
    "",
    "## Conditions of a pool",
    "",
    "`kubectl wait --for=condition=Available builderpool/NAME`. Unknown is what could not be observed.",
    "",
    "| type | when it is True | should be |",
    "|---|---|---|",
    ...Object.entries(poolConditions).map(
      ([type, { says, well }]) => `| \`${type}\` | ${says} | ${well ?? "either"} |`,
    ),
    "",
    "## Events and reasons of a pool",
    "",
    "`kubectl events --for builderpool/NAME`, or `builder/NAME`; on one machine they are lines of the log. Conditions give the same reasons.",
    "",
    "| reason | says | type of Event |",
    "|---|---|---|",
    ...wordsOf(poolReasons).map(
      (word) => `| \`${word}\` | ${poolReasons[word]} | ${poolWarnings.has(word) ? "Warning" : "Normal"} |`,
    ),
  ].join("\n")}\n`;
}

function table<Word extends string>(head: string, vocabulary: Vocabulary<Word>): readonly string[] {
  const rows = wordsOf(vocabulary).map((word) => `| \`${word}\` | ${vocabulary[word]} |`);
  return [`| ${head} | says |`, "|---|---|", ...rows];
}
