import { expect, it } from "vitest";
import { changedFields } from "../../../../src/cli/output/difference.ts";

const checks = (tag: string) => [{ name: "build/O2/o2", tool: { alibuild: tag }, env: { LONG: "x".repeat(200) } }];

it.each<[string, object, object, readonly string[]]>([
  ["short values whole", { instances: 2, silent: false }, { instances: 3, silent: false }, ["instances from 2 to 3"]],
  ["a missing value as nothing", {}, { image: "a" }, ['image from nothing to "a"']],
  [
    "long values around their difference",
    { checks: checks("1.17.43") },
    { checks: checks("1.17.44") },
    ['checks from …ibuild":"1.17.43"},"env":{"LONG… to …ibuild":"1.17.44"},"env":{"LONG…'],
  ],
  [
    "a difference at the end of a long value",
    { env: { LONG: "x".repeat(200), A: "1" } },
    { env: { LONG: "x".repeat(200), A: "2" } },
    ['env from …xxxxxxxx","A":"1"} to …xxxxxxxx","A":"2"}'],
  ],
  [
    "an added part of a long value",
    { env: { A: "1", LONG: "x".repeat(200) } },
    { env: { A: "1", B: "2", LONG: "x".repeat(200) } },
    ['env from {"A":"1","LONG":"xxxxxxxx… to {"A":"1","B":"2","LONG":"xxxxxxxx…'],
  ],
  [
    "the ends of a long difference",
    { command: "" },
    { command: `a${"b".repeat(200)}c` },
    [`command from "" to "a${"b".repeat(43)}…${"b".repeat(13)}c"`],
  ],
])("a changed field shows %s", (_, before, after, lines) => {
  expect(changedFields(before, after)).toEqual(lines);
});
