import type { z } from "zod";
import type { NewPullRequest } from "../github/inputs.ts";

export const hello = "alice/hello";
export const alidist = "alisw/alidist";
export const team = "greeters";

export interface DemoPullRequest {
  /** The expected outcome. */
  readonly fate: string;
  readonly pull: Omit<z.input<typeof NewPullRequest>, "from" | "createdAt">;
  /** Age of the pull request, in minutes. */
  readonly age: number;
  /** Login of the approver. */
  readonly approvedBy?: string;
  /** Starts from the first commit, before a later change of the same line. */
  readonly outdated?: boolean;
  /** Files to push once its build has started. */
  readonly laterPush?: Readonly<Record<string, string | null>>;
}

/** One pull request for each possible outcome. */
export const pullRequests: readonly DemoPullRequest[] = [
  {
    fate: "green",
    age: 50,
    pull: {
      repository: hello,
      title: "Greet the whole collaboration",
      files: { "src/greeting.cxx": greeting('"Hello, ALICE"') },
    },
  },
  {
    fate: "green: the author is in a trusted team",
    age: 45,
    pull: {
      repository: hello,
      title: "Greet in the morning",
      author: "tina",
      association: "NONE",
      files: { "src/greeting.cxx": greeting('"Good morning"') },
    },
  },
  {
    fate: "green: a recipe, built by the other check",
    age: 40,
    pull: {
      repository: alidist,
      title: "hellolib: one more polite word",
      association: "CONTRIBUTOR",
      files: {
        "hellolib.sh": [
          "package: hellolib",
          'version: "1.1"',
          "---",
          "#!/bin/bash -e",
          'mkdir -p "$INSTALLROOT/share"',
          `printf '%s\\n' Hello Welcome 'Good morning' 'Good evening' > "$INSTALLROOT/share/polite-words"`,
          "",
        ].join("\n"),
      },
    },
  },
  {
    fate: "red: does not compile",
    age: 38,
    pull: {
      repository: hello,
      title: "Welcome everybody",
      files: { "src/greeting.cxx": greeting('"Welcome, everybody"').replace(";\n}", "\n}") },
    },
  },
  {
    fate: "red: a test fails",
    age: 36,
    pull: {
      repository: hello,
      title: "Be brief",
      files: { "src/greeting.cxx": greeting('"Oi"') },
    },
  },
  {
    fate: "red: conflicts with master",
    age: 34,
    outdated: true,
    pull: {
      repository: hello,
      title: "Greet the world",
      files: { "src/greeting.cxx": greeting('"Hello, world"') },
    },
  },
  {
    fate: "not built: a draft",
    age: 32,
    pull: {
      repository: hello,
      title: "Greet by name",
      draft: true,
      files: { "src/greeting.cxx": greeting('"Hello, Ada"') },
    },
  },
  {
    fate: "not built: work in progress",
    age: 30,
    pull: {
      repository: hello,
      title: "[WIP] Greet in every language",
      files: { "src/greeting.cxx": greeting('"Hello, Bonjour, Ciao"') },
    },
  },
  {
    fate: "not built: nobody knows the author, and nobody approved",
    age: 28,
    pull: {
      repository: hello,
      title: "Faster greetings",
      author: "mallory",
      association: "FIRST_TIME_CONTRIBUTOR",
      files: { "src/greeting.cxx": greeting('"Hello, hello, hello"') },
    },
  },
  {
    fate: "green: a stranger's, and somebody approved it",
    age: 26,
    approvedBy: "rita",
    pull: {
      repository: hello,
      title: "Greet the reviewers",
      author: "sven",
      association: "NONE",
      files: { "src/greeting.cxx": greeting('"Hello, reviewers"') },
    },
  },
  {
    fate: "green, and first in line: it has the priority label",
    age: 2,
    pull: {
      repository: hello,
      title: "Greet visitors before the open day",
      labels: ["ci-priority"],
      files: { "src/greeting.cxx": greeting('"Welcome, visitors"') },
    },
  },
  {
    fate: "green without a build: touches nothing the check looks at",
    age: 22,
    pull: {
      repository: hello,
      title: "Say in the README how to build",
      files: { "README.md": "# hello\n\nGreets. Build it with `aliBuild build hello --defaults o2`.\n" },
    },
  },
  {
    fate: "cancelled by a push during its build, then green",
    age: 20,
    laterPush: { "test/tireless.test": "# Less patience.\nsleep 1\n" },
    pull: {
      repository: hello,
      title: "Test that the greeting does not tire",
      files: { "test/tireless.test": "# Patience.\nsleep 60\n" },
    },
  },
];

/** `src/greeting.cxx` with this text. */
export function greeting(text: string): string {
  return `const char* greeting()\n{\n  return ${text};\n}\n`;
}
