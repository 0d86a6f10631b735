import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkProcess } from "../../../../src/agent/enrol/enrol.ts";
import { chooseUsers, type HostUsers } from "../../../../src/agent/enrol/users.ts";
import { type AgentSettings, settingsOfOthers, writeSettings } from "../../../../src/agent/state/settings.ts";

/** A machine with an agent `mac2`, which has the users 62901 and 62902. */
async function aMachine() {
  const agents = mkdtempSync(join(tmpdir(), "builderpool-agents-"));
  onTestFinished(() => rmSync(agents, { recursive: true }));
  writeFileSync(join(agents, "a-stray-file"), "");
  await writeSettings(join(agents, "mac2"), settingsOf("mac2", 62_901, 62_902));
  await writeSettings(join(agents, "own-folder"), settingsOf("mac1", 62_911, 62_912));
  const others = await settingsOfOthers(join(agents, "own-folder"));
  return (cellUser?: string, baseUser?: string, known?: AgentSettings) =>
    chooseUsers({ cellUser, baseUser, known, others });
}

function settingsOf(name: string, build: number, base: number): AgentSettings {
  const user = (uid: number) => ({ name: String(uid), uid, gid: uid });
  return {
    ...{ name, pool: "o2", server: "https://cluster.test", workDir: "/build/o2", port: 0, version: "0.1.0" },
    ...{ cellUser: user(build), baseUser: user(base) },
  };
}

describe.runIf(process.platform === "linux" && process.getuid?.() === 0)("the users of a host", () => {
  it.each([
    ["root", undefined, /^--cell-user root: builds never run as root/],
    ["nobody-has-this-name", undefined, /^--cell-user nobody-has-this-name: there is no such account; create it/],
    ["62901", undefined, /^--cell-user 62901: user 62901 belongs to agent "mac2"/],
    ["62903", "62902", /^--base-user 62902: user 62902 belongs to agent "mac2"/],
    ["62903:0", undefined, /^--cell-user 62903:0: its group is the group of root/],
    ["62903", "62903", /^--base-user 62903: base branches need another user than builds/],
  ])("refuse --cell-user %s --base-user %s with one sentence", async (cellUser, baseUser, sentence) => {
    const choose = await aMachine();
    await expect(choose(cellUser, baseUser)).rejects.toThrow(sentence);
  });

  it("stay as they were, except for the one that is given", async () => {
    const choose = await aMachine();
    const known = settingsOf("mac1", 62_911, 62_912);
    const uids = ({ cellUser, baseUser }: HostUsers) => [cellUser.uid, baseUser.uid];
    expect(uids(await choose(undefined, undefined, known))).toEqual([62_911, 62_912]);
    expect(uids(await choose(undefined, "62914", known))).toEqual([62_911, 62_914]);
    expect(uids(await choose("62913", undefined, known))).toEqual([62_913, 62_912]);
  });

  it("are an id and the id 1000 above, without accounts", async () => {
    const choose = await aMachine();
    expect(await choose("62904")).toEqual({
      cellUser: { name: "62904", uid: 62_904, gid: 62_904 },
      baseUser: { name: "63904", uid: 63_904, gid: 63_904 },
    });
  });
});

describe("the process of enrol", () => {
  it("needs root, and Node 24", () => {
    expect(() => checkProcess(501, "24.1.0")).toThrow(/needs root.*start it with sudo/);
    expect(() => checkProcess(0, "22.11.0")).toThrow(/^Node 22\.11\.0 is too old: expected Node 24 or newer/);
    expect(() => checkProcess(0, "24.0.0")).not.toThrow();
  });
});
