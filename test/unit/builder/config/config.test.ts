import { describe, expect, it } from "vitest";
import {
  type ConfigFound,
  type ConfigTexts,
  type Declared,
  decideConfig,
} from "../../../../src/builder/config/config.ts";

const declared: Declared = { silent: false, debug: false, index: 2, size: 8, command: 120_000, build: 36_000_000 };
const information = { "worker-index": "2\n", "workers-pool-size": "8\n", timeout: "120\n", "long-timeout": "36000\n" };

const decide = (found: ConfigFound, lastWritten: ConfigTexts = information, changes: Partial<Declared> = {}) =>
  decideConfig({ ...declared, ...changes }, found, lastWritten);

describe("the config folder", () => {
  it("is written for information when it is empty", () => {
    const { write, settings, warnings } = decide({}, {});
    expect(Object.fromEntries(write.map(({ file, text }) => [file, text]))).toEqual(information);
    expect(settings).toEqual({ silent: false, debug: false, timeouts: {} });
    expect(warnings).toEqual([]);
  });

  it("is unchanged when it matches the settings", () => {
    expect(decide(information).write).toEqual([]);
  });

  it("follows the pool", () => {
    expect(decide(information, information, { size: 12 }).write).toEqual([{ file: "workers-pool-size", text: "12\n" }]);
    expect(decide(information, information, { silent: true }).write).toEqual([{ file: "silent", text: "true\n" }]);
    const silent = { ...information, silent: "true\n" };
    expect(decide(silent, silent).write).toEqual([{ file: "silent", text: undefined }]);
  });

  it("overrides the pool with a person's file, until the file is deleted", () => {
    const found = { ...information, timeout: "600" };
    const first = decide(found);
    expect(first.settings.timeouts).toEqual({ command: 600_000 });
    expect(first.write).toEqual([]);
    const { timeout: _, ...rest } = found;
    const second = decide(rest, first.written);
    expect(second.settings.timeouts).toEqual({});
    expect(second.write).toEqual([{ file: "timeout", text: "120\n" }]);
  });

  it.each([
    ["timeout", "10m", { command: 600_000 }],
    ["long-timeout", "1h30m\n", { build: 5_400_000 }],
    ["long-timeout", "7200 \nmore", { build: 7_200_000 }],
  ])("reads %s %j as seconds or as a duration", (file, text, timeouts) => {
    expect(decide({ ...information, [file]: text }).settings.timeouts).toEqual(timeouts);
  });

  it.each([
    ["timeout", ""],
    ["timeout", "\n120"],
    ["timeout", "0"],
    ["timeout", "-5"],
    ["timeout", "soon"],
    ["timeout", "99999999999999999999"],
    ["long-timeout", "1e9"],
    ["workers-pool-size", "0"],
    ["workers-pool-size", "eight"],
    ["worker-index", ""],
    ["worker-index", "-1"],
    ["silent", " \n"],
    ["silent", { unreadable: "is not a file" }],
    ["timeout", { unreadable: "cannot be read (EACCES)" }],
  ])("ignores %s %j with a warning that names the file", (file, text) => {
    const { settings, warnings, write } = decide({ ...information, [file]: text });
    expect(settings).toEqual({ silent: false, debug: false, timeouts: {} });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`config/${file}`);
    expect(write).toEqual([]);
  });

  it.each(["true", "1", "no reports please", "false"])("makes a builder silent with any text: %j", (text) => {
    expect(decide({ ...information, silent: text }).settings.silent).toBe(true);
  });

  it.each(["true\n", "1"])("keeps a person's silent file %j over the silence of the pool", (text) => {
    const found = { ...information, silent: text };
    const during = decide(found, information, { silent: true });
    expect([during.isSilencedByFile, during.write]).toEqual([true, []]);
    const after = decide(found, during.written);
    expect([after.settings.silent, after.isSilencedByFile, after.write]).toEqual([true, true, []]);
  });

  it("tells its own silent file from a person's", () => {
    const silent = { ...information, silent: "true\n" };
    expect(decide(silent, silent, { silent: true }).isSilencedByFile).toBe(false);
    expect(decide({ ...information, silent: "" }, information, { silent: true }).isSilencedByFile).toBe(false);
  });

  it("cannot make a silent pool loud", () => {
    expect(decide({ ...information, silent: "" }, information, { silent: true }).settings.silent).toBe(true);
  });

  it("takes a missing index or pool size from the operator", () => {
    expect(decide({ ...information, "worker-index": "3" }).settings.partitionOverride).toEqual({ index: 3, size: 8 });
    expect(decide({ ...information, "workers-pool-size": "4" }).settings.partitionOverride).toEqual({
      index: 2,
      size: 4,
    });
  });

  it("refuses an index outside the pool", () => {
    const { settings, warnings } = decide({ ...information, "worker-index": "8" });
    expect(settings.partitionOverride).toBeUndefined();
    expect(warnings[0]).toContain("from 0 to 7");
  });
});
