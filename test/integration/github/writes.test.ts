import { describe, expect, it } from "vitest";
import { aClient, code, repository, signal } from "../../support/github/aClient.ts";

describe("a status", () => {
  const status = { repository, context: "build/O2/o2", state: "pending", description: "Started", url: "" } as const;
  async function aSetter() {
    const { gitHub, client, open, commitOf } = await aClient();
    await open({ number: 1 });
    const commit = commitOf(1);
    return {
      gitHub,
      commit,
      set: (changes: object = {}) => client.setStatus({ ...status, commit, ...changes }, signal),
    };
  }

  it("is written once, and again only after a change", async () => {
    const { gitHub, set } = await aSetter();
    expect(await set()).toEqual({ written: true });
    expect(await set()).toEqual({ written: false });
    expect(await set({ description: "Rechecking" })).toEqual({ written: true });
    expect(await set({ description: "Rechecking", url: "https://logs.example/1" })).toEqual({ written: true });
    expect(gitHub.state.writes).toHaveLength(3);
  });

  it("without a link equals a status with an empty link", async () => {
    const { commit, gitHub, set } = await aSetter();
    gitHub.state.setStatus({
      repository,
      commit,
      context: status.context,
      state: "pending",
      description: "Started",
      targetUrl: "",
    });
    expect(await set()).toEqual({ written: false });
  });

  it("in other letters is the same status", async () => {
    const { commit, gitHub, set } = await aSetter();
    const context = status.context.toUpperCase();
    gitHub.state.setStatus({ repository, commit, context, state: "pending", description: "Started" });
    expect(await set()).toEqual({ written: false });
  });

  it("is not written again after a lost reply", async () => {
    const { gitHub, set } = await aSetter();
    gitHub.faults.add({ on: "POST */statuses/*", times: 1, fault: { kind: "cutAfter" } });
    expect(await code(set())).toBe("Unreachable");
    expect(await set()).toEqual({ written: false });
    expect(gitHub.state.writes).toHaveLength(1);
  });

  it("is Rejected when GitHub refuses it, and for an unknown commit", async () => {
    const { set } = await aSetter();
    expect(await code(set({ description: "x".repeat(141) }))).toBe("Rejected");
    expect(await code(set({ commit: "f".repeat(40) }))).toBe("Rejected");
  });

  it("W-4: is Rejected after GitHub's limit of a thousand statuses per context", async () => {
    const { commit, gitHub, set } = await aSetter();
    for (let count = 0; count < 1000; count += 1)
      gitHub.state.setStatus({ repository, commit, context: status.context, state: "error" });
    expect(await code(set())).toBe("Rejected");
  });
});

describe("a comment", () => {
  const prefix = "Error while checking c for 123";
  const marker = "<!-- builderpool c 123 -->";
  const ours = (text: string) => `${prefix} ${text}\n\n${marker}\n`;
  async function aCommenter() {
    const { gitHub, client, open } = await aClient();
    await open({ number: 1 });
    return {
      gitHub,
      upsert: (text: string) =>
        client.upsertComment({ repository, number: 1, prefix, marker, body: ours(text) }, signal),
      bodies: () => gitHub.state.comments(repository, 1).map(({ body }) => body),
      says: (author: string, body: string) => void gitHub.state.comment({ repository, number: 1, author, body }),
    };
  }

  it("is posted, edited when it differs, and kept when it does not, after 250 other comments", async () => {
    const { bodies, says, upsert } = await aCommenter();
    for (let count = 0; count < 250; count += 1) says("ada", "hello");
    expect(await upsert("one")).toEqual({ written: true });
    expect(await upsert("one")).toEqual({ written: false });
    expect(await upsert("two")).toEqual({ written: true });
    expect(bodies().filter((body) => body !== "hello")).toEqual([ours("two")]);
  });

  it("is never an edit of the words of somebody else, whoever wrote first and whatever they copied", async () => {
    const { bodies, says, upsert } = await aCommenter();
    const theirs = `${prefix} I wrote this myself, please keep my words`;
    const copied = ours("copied with its marker");
    for (const author of ["passer-by", "alibuild2"]) for (const body of [theirs, copied]) says(author, body);
    expect(await upsert("one")).toEqual({ written: true });
    says("passer-by", `> ${ours("one")}`);
    expect(await upsert("two")).toEqual({ written: true });
    expect(bodies()).toEqual([theirs, copied, theirs, copied, ours("two"), `> ${ours("one")}`]);
  });

  it("of our account is edited, in any case and with the suffix of a bot", async () => {
    const { bodies, says, upsert } = await aCommenter();
    says("aliBuild[bot]", `${prefix} from before`);
    expect(await upsert("one")).toEqual({ written: true });
    expect(bodies()).toEqual([ours("one")]);
  });

  it("is found by its marker behind other words of our account", async () => {
    const { bodies, says, upsert } = await aCommenter();
    const words = [
      `${prefix}: somebody uses our account`,
      `I quote:\n> ${marker}\nEnd`,
      ours("x").replace("c 123", "d 123"),
    ];
    says("alibuild", words[1] ?? "");
    says("alibuild", words[2] ?? "");
    expect(await upsert("one")).toEqual({ written: true });
    says("alibuild", words[0] ?? "");
    expect(await upsert("two")).toEqual({ written: true });
    expect(bodies()).toEqual([words[1], words[2], ours("two"), words[0]]);
  });

  it("is not posted again after a lost reply", async () => {
    const { bodies, gitHub, upsert } = await aCommenter();
    gitHub.faults.add({ on: "POST */comments", times: 1, fault: { kind: "cutAfter" } });
    expect(await code(upsert("one"))).toBe("Unreachable");
    expect(await upsert("one")).toEqual({ written: false });
    expect(bodies()).toEqual([ours("one")]);
  });
});
