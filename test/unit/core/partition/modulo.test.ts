import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ownerOfCommit } from "../../../../src/core/partition/modulo.ts";
import { formerOwner } from "../../../support/alibot/shard.ts";

const sizes = [2, 3, 4, 5, 7, 8, 10, 16, 100];

describe("the modulo partition", () => {
  it.each([
    ["93a3ef0948f990e9b17b4daf0239fd457a328e09", "o2", "0 0 2 0 2 2 0 2 50"],
    ["93a3ef0948f990e9b17b4daf0239fd457a328e09", "o2-alidist", "0 0 2 3 0 2 8 10 18"],
    ["93a3ef0948f990e9b17b4daf0239fd457a328e09", "o2physics", "0 1 2 1 0 2 6 2 86"],
    ["d3d501487f6e5796e6a5782583cfed0b304930bb", "o2", "1 0 3 0 4 7 5 7 15"],
    ["d3d501487f6e5796e6a5782583cfed0b304930bb", "o2-alidist", "1 0 3 1 5 3 1 11 51"],
    ["d3d501487f6e5796e6a5782583cfed0b304930bb", "o2physics", "0 0 0 3 4 0 8 0 68"],
    ["9b44b78f09b92a020e5ec5d28cca047379c483d5", "o2", "0 2 0 3 3 0 8 0 88"],
    ["9b44b78f09b92a020e5ec5d28cca047379c483d5", "o2-alidist", "0 1 0 4 3 4 4 4 44"],
    ["9b44b78f09b92a020e5ec5d28cca047379c483d5", "o2physics", "0 2 2 4 2 2 4 10 14"],
    ["2884fd50d3cf4b5c797d787f907a17938f72f6dc", "o2", "1 1 1 0 6 1 5 9 65"],
    ["2884fd50d3cf4b5c797d787f907a17938f72f6dc", "o2-alidist", "0 1 2 3 3 6 8 14 18"],
    ["2884fd50d3cf4b5c797d787f907a17938f72f6dc", "o2physics", "1 0 1 2 5 1 7 1 77"],
    ["e887da034cdd57090e60b13ea52eec7b3259a305", "o2", "1 0 1 1 4 5 1 13 61"],
    ["e887da034cdd57090e60b13ea52eec7b3259a305", "o2-alidist", "1 2 1 0 1 5 5 5 65"],
    ["e887da034cdd57090e60b13ea52eec7b3259a305", "o2physics", "1 0 1 2 1 5 7 5 37"],
    ["b08da4ff2c40fe3a3a68dce90e3eef3b813258b5", "o2", "0 1 2 3 5 2 8 2 38"],
    ["b08da4ff2c40fe3a3a68dce90e3eef3b813258b5", "o2-alidist", "0 0 0 0 6 0 0 0 20"],
    ["b08da4ff2c40fe3a3a68dce90e3eef3b813258b5", "o2physics", "1 0 3 0 1 7 5 7 55"],
    ["3151d6a50cb4d9566ad1cc144c6ba7bb60b56eae", "o2", "0 1 2 2 0 2 2 2 2"],
    ["3151d6a50cb4d9566ad1cc144c6ba7bb60b56eae", "o2-alidist", "1 2 3 3 1 3 3 11 83"],
    ["3151d6a50cb4d9566ad1cc144c6ba7bb60b56eae", "o2physics", "1 2 3 0 2 3 5 11 75"],
  ])("gives %s of %s the same owners as ali-bot", (commit, name, owners) => {
    expect(sizes.map((size) => ownerOfCommit(name, commit, size)).join(" ")).toBe(owners);
    expect(sizes.map((size) => formerOwner(name, commit, size)).join(" ")).toBe(owners);
  });

  it("S-1: hashes the name and the commit without a separator", () => {
    const commit = "93a3ef0948f990e9b17b4daf0239fd457a328e09";
    const hash = "a5524134f05acbf77f162beff6f2e210eb6f20994ad9119bb536da6a09e0c8c2";
    expect(createHash("sha256").update(`o2${commit}`).digest("hex")).toBe(hash);
    expect(ownerOfCommit("o2", commit, 2 ** 40)).toBe(Number.parseInt(hash.slice(-10), 16));
  });

  it("S-2: reads the hash as one big integer: 5 of 8 owns the empty name and commit", () => {
    expect(ownerOfCommit("", "", 8)).toBe(5);
  });

  it("S-3: assigns everything to a pool of one", () => {
    expect(["a", "b", "c"].map((name) => ownerOfCommit(name, "93a3ef", 1))).toEqual([0, 0, 0]);
  });

  it.each([0, -1, 1.5, Number.NaN])("S-4: refuses a pool of %s with a sentence", (size) => {
    expect(() => ownerOfCommit("o2", "93a3ef", size)).toThrow(
      new RangeError(`expected a pool of at least one builder to share the builds of "o2", found ${size}`),
    );
  });

  it("S-5: does not round the 256 bits of a hash to the 53 bits of a float", () => {
    const commit = "d3d501487f6e5796e6a5782583cfed0b304930bb";
    const rounded = Number(`0x${createHash("sha256").update(`o2${commit}`).digest("hex")}`);
    expect([ownerOfCommit("o2", commit, 3), rounded % 3]).toEqual([0, 2]);
  });
});
