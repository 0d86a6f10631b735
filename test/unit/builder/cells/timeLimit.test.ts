import { describe, expect, it } from "vitest";
import { cellOfTask } from "../../../../src/api/cell/order.ts";
import { orderLimitOf } from "../../../../src/builder/cells/timeLimit.ts";
import { helloCheck } from "../../../support/cell/world.ts";

const paths = { area: "/a", tools: "/t", home: "/h", tmp: "/tmp" };
const limits = { logBytes: 0, maxAge: 0, minFree: 0 };
const check = { ...helloCheck, timeouts: { command: "2m", build: "10h" } };
const source = { repository: "o/r", directory: "r", mirror: "/m", commit: "a".repeat(40) };
const minute = 60_000;

describe("the time limit of an order", () => {
  it.each([
    { task: "build", sources: [source, source], minutes: 600 + (10 + 8) * 2 + 30 },
    { task: "warmup", sources: [source], minutes: 600 + (10 + 4) * 2 + 30 },
    { task: "clean", sources: [], minutes: 600 + 10 * 2 + 30 },
    { task: "selftest", sources: [], minutes: 10 * 2 + 30 },
  ] as const)("is $minutes minutes for $task", ({ task, sources, minutes }) => {
    const asked = { id: "o", cell: cellOfTask(task), task, check };
    const order = { ...asked, sources: [...sources], paths, limits, gitUrl: "", debug: false };
    expect(orderLimitOf(order)).toBe(minutes * minute);
  });
});
