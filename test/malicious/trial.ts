import { setTimeout as sleep } from "node:timers/promises";
import { type Build, VerdictResult } from "../../src/api/objects/build.ts";
import { recipes } from "../support/alidist/sources.ts";
import { alidist, greeting, hello } from "../support/up/installation.ts";
import type { Attack, Attempt } from "./attack.ts";
import { type Place, type Pull, until } from "./places/place.ts";
import { type Proposal, pullRequestOf } from "./pullRequest.ts";

/** Opens a place for a trial. Volume: mount options of a small tmpfs for the disk of the builder. */
export type OpenPlace = (volume: string | undefined) => Promise<Place>;

/** An effect on others. Without an attack, any attack of the trial can be the reason. */
export interface Finding {
  readonly attack?: string;
  readonly text: string;
  /** The trial ended here, so it says nothing about the other attacks. */
  readonly isEnd?: boolean;
}

/** Seconds in which the next build must start, and in which an honest build must end on a loaded machine. */
const startLimit = 60;
const endLimit = 180;
/** Milliseconds after an order in which its processes may still report. */
const grace = 5_000;
/** Canaries of one attack to report. */
const most = 3;

/**
 * Runs the attacks one after the other in a new place, then honest pull requests and a build of the base branch.
 * Resolves with everything that reached another build, the builder or a verdict. `title` begins its lines of output.
 */
export async function trial(
  attempts: readonly Attempt[],
  openPlace: OpenPlace,
  title: string,
): Promise<readonly Finding[]> {
  const place = await openPlace(attempts.find(({ attack }) => attack.volume !== undefined)?.attack.volume);
  const findings: Finding[] = [];
  const before = place.modes();
  const add = (text: string, attack?: string) => void findings.push({ text, ...(attack && { attack }) });
  try {
    const stopped = (problem: string, last?: Attack): readonly Finding[] => {
      console.log(`malicious: ${title}: ${last?.id}: ${problem}`);
      return [...findings, { text: problem, ...(last && { attack: last.id }), isEnd: true }];
    };
    const visitor = new Visitor(place);
    const ends = new Map<string, number>();
    const broken = new Set<string>();

    const first = await visitor.propose(
      "Victim",
      ofHello({ ...greeting("Hello, victim"), "victim.txt": `victim-${place.run}\n` }),
    );
    if ((await visitor.end(first)) !== "Success")
      throw new Error(`no honest build succeeds:\n${await place.remarks()}`);
    for (const [index, attempt] of attempts.entries()) {
      const { attack } = attempt;
      const pull = await visitor.propose(attack.id, pullRequestOf(attempt, place.ground));
      const problem = await visitor.start();
      if (problem !== undefined) return stopped(problem, attempts[index - 1]?.attack);
      const result = await visitor.end(pull);
      ends.set(attack.id, Date.now());
      for (const text of (await brokenBases(place)).filter((one) => !broken.has(one))) {
        add(`a base counts as broken: ${text}`, attack.id);
        broken.add(text);
      }
      const hasRun = place.lines("orders").some((line) => line.startsWith(`${attack.id} `));
      if (isVerdict(result) && attack.script !== undefined && !hasRun)
        add("its script did not run, so nothing is proven", attack.id);
      if (attack.script === undefined && hasRun) add("a build started", attack.id);
      if (result === undefined) add(`did not end within ${endLimit} s`, attack.id);
      if (attack.result !== undefined && result !== attack.result)
        add(`its own verdict is ${result}, expected ${attack.result}`, attack.id);
    }
    const good = await visitor.propose("Good", ofHello(greeting("Hello, good")));
    const problem = await visitor.start();
    if (problem !== undefined) return stopped(problem, attempts.at(-1)?.attack);
    for (const text of await honestBuilds(place, visitor, good)) add(text);
    await sleep(Math.max(0, grace + 1_000 - (Date.now() - Math.max(...ends.values()))));
    if (place.isOver()) add("its program ended");
    if (place.modes() !== before) add(`modes of folders of the machine changed from ${before} to ${place.modes()}`);
    for (const finding of canaries(place, ends)) add(finding.text, finding.attack);
    for (const { text, attack } of findings) console.log(`malicious: ${title}: ${attack ?? "?"}: ${text}`);
    if (findings.some(({ attack }) => attack === undefined))
      console.log(`malicious: the programs said:\n${await place.remarks()}`);
    return findings;
  } finally {
    await place.close();
  }
}

/**
 * Waits for a good pull request, builds two broken ones, the base branch and one more. Resolves with every result that
 * is not honest.
 */
async function honestBuilds(place: Place, visitor: Visitor, good: Pull): Promise<readonly string[]> {
  const { lines } = place;
  const wrong: string[] = [];
  const expectResult = async (pull: Pull, title: string, expected: string) => {
    const result = await visitor.end(pull);
    if (result !== expected)
      wrong.push(`${title}: ${result ?? `no verdict within ${endLimit} s`}, expected ${expected}`);
  };
  const wordless = { "src/greeting.cxx": "const char* greeting() { return 1 2; }\n" };
  const broken = await visitor.propose("Broken", ofHello(wordless));
  const rude = await visitor.propose("Rude", ofHello(greeting("Oi")));
  const polite = await visitor.propose("Polite", { repository: alidist, files: aPoliteRecipe() });
  await expectResult(good, "a good pull request", "Success");
  await expectResult(broken, "a pull request that does not compile", "Failure");
  await expectResult(rude, "a pull request with a failing test", "Failure");
  await expectResult(polite, "a pull request of recipes", "Success");

  await place.pushBase(greeting("Hello, base"));
  if (!(await place.restart(endLimit)))
    return [...wrong, `the builder is not ready within ${endLimit} s after a restart`];
  if (!lines("inspected").includes("Hello, base")) wrong.push("the base branch was not built, or not with its sources");
  await expectResult(
    await visitor.propose("After", ofHello(greeting("Hello, after"))),
    "a pull request after the restart",
    "Success",
  );
  for (const line of ["Hello, good", "Hello, after"])
    if (!lines("inspected").includes(line)) wrong.push(`no honest build ran a program that says "${line}"`);
  return wrong;
}

/** Reasons why a builder calls the base of a check broken. Every base of the trial can be built. */
async function brokenBases(place: Place): Promise<readonly string[]> {
  return (await place.writes()).flatMap(({ kind, object }) =>
    kind === "Builder" ? (object.status?.bases ?? []).flatMap(({ broken }) => broken?.message.slice(0, 100) ?? []) : [],
  );
}

function ofHello(files: Proposal["files"]): Proposal {
  return { repository: hello, files };
}

/** The recipe of a dependency with one more word. */
function aPoliteRecipe(): Proposal["files"] {
  const name = "hellolib.sh";
  return { [name]: recipes()[name]?.replace("Welcome", "Welcome 'Good evening'") ?? "" };
}

/** Opens pull requests, and waits for their builds. */
class Visitor {
  readonly #place: Place;
  #claims = 0;

  constructor(place: Place) {
    this.#place = place;
  }

  async propose(title: string, proposal: Proposal): Promise<Pull> {
    this.#claims = await this.#claimsSoFar();
    return this.#place.propose(title, proposal);
  }

  /** Waits until any build starts after the last proposal. Resolves with the reason if none does. */
  async start(): Promise<string | undefined> {
    const { isOver } = this.#place;
    if (await until(async () => isOver() || (await this.#claimsSoFar()) > this.#claims, startLimit))
      return isOver() ? "its program ended" : undefined;
    return `the next build did not start within ${startLimit} s`;
  }

  /** Waits for the verdict, or for the first attempt without one, which resolves with the reason. */
  async end(pull: Pull): Promise<string | undefined> {
    const resultNow = async () => {
      const build = await this.#build(pull);
      return build?.status?.verdict?.result ?? (hasFailed(build) ? build?.status?.trouble?.reason : undefined);
    };
    await until(async () => this.#place.isOver() || (await resultNow()) !== undefined, endLimit);
    return resultNow();
  }

  async #build({ repository, number }: Pull): Promise<Build | undefined> {
    const builds = await this.#place.builds();
    return builds.find(({ spec }) => spec.repository === repository && spec.number === number);
  }

  async #claimsSoFar(): Promise<number> {
    return (await this.#place.builds()).reduce((sum, { status }) => sum + (status?.attempt ?? 0), 0);
  }
}

/** Honest builds are retried, so only their verdict counts. */
function hasFailed(build: Build | undefined): boolean {
  const isAttack = /^[A-Z]-\d+$/.test(build?.spec.title ?? "");
  return isAttack && build?.status?.claim === undefined && build?.status?.trouble !== undefined;
}

/** Canaries that ran after or outside their order, credentials that were found, and bytes that others could read. */
function canaries(place: Place, ends: ReadonlyMap<string, number>): readonly Finding[] {
  const own = new Set(place.lines("orders"));
  const shouts = place.lines("shouts").flatMap((line): Finding[] => {
    const [at = "", attack = "", order = ""] = line.split(" ");
    const isEarly = Number(at) <= (ends.get(attack) ?? 0) + grace;
    if (isEarly && (order === "none" || own.has(`${attack} ${order}`))) return [];
    return [{ attack, text: order === "none" ? "its process outlived the order" : "ran in another build" }];
  });
  const leaks = place.lines("leaks").map((line) => finding(line, "reached"));
  // A recipe of a dependency leaves canaries in its own work area, and the test of `hello` inspects this area too.
  const found = place.lines("found").flatMap((line) => {
    const [order = "", attack = "", ...rest] = line.split(" ");
    return own.has(`${attack} ${order}`)
      ? []
      : [finding([attack, ...rest].join(" "), "is visible to another build in")];
  });
  const byAttack = Map.groupBy([...shouts, ...leaks, ...found], ({ attack = "" }) => attack);
  return [...byAttack.values()].flatMap((all) =>
    [...new Map(all.map((one) => [one.text, one])).values()].slice(0, most),
  );
}

function finding(line: string, verb: string): Finding {
  const [attack = "", ...rest] = line.split(" ");
  return { attack, text: `${verb} ${rest.join(" ").replace(/^found /, "")}` };
}

function isVerdict(result: string | undefined): boolean {
  return VerdictResult.options.some((option) => option === result);
}
