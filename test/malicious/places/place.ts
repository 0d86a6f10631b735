import type { Build } from "../../../src/api/objects/build.ts";
import type { Files } from "../../support/github/git/commit.ts";
import type { Recorded } from "../../support/up/recorder.ts";
import type { Ground } from "../attack.ts";
import type { Proposal } from "../pullRequest.ts";

/** A pull request of a trial. */
export interface Pull {
  readonly repository: string;
  readonly number: number;
}

/** A pool with one builder for a trial, on one machine or in a pod. */
export interface Place {
  /** The surroundings of a build, for its script. */
  readonly ground: Ground;
  /** A text that only this trial has. */
  readonly run: string;
  /** The reports of this kind so far, oldest first. */
  lines(kind: string): readonly string[];
  propose(title: string, proposal: Proposal): Promise<Pull>;
  /** Changes the base branch of `hello`. */
  pushBase(files: Files): Promise<void>;
  /** The Builds of this trial now. */
  builds(): Promise<readonly Build[]>;
  /** Every state of the objects of this trial so far. */
  writes(): Promise<readonly Recorded[]>;
  /** Restarts the builder as a person does. Resolves with true as soon as it is ready again. */
  restart(seconds: number): Promise<boolean>;
  /** Whether the program that holds the builder has ended. */
  isOver(): boolean;
  /** Modes of folders that foreign code must not change, as text. */
  modes(): string;
  /** The last words of the programs, for a failed trial. */
  remarks(): Promise<string>;
  close(): Promise<void>;
}

/** Asks every 100 ms. Resolves with the last answer. */
export async function until(condition: () => boolean | Promise<boolean>, seconds: number): Promise<boolean> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return condition();
}
