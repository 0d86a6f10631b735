import { hello } from "../../support/up/installation.ts";
import { home } from "../support/installChart.ts";
import type { Scenario } from "../support/scenario.ts";
import type { Announcements } from "./announcements.ts";
import type { Change } from "./judge.ts";
import { type Action, pickFrom, type Step } from "./schedule.ts";

/** Pools and pull requests of a soak. */
export interface SoakWorld {
  readonly scenario: Scenario;
  /** Name of the silent pool. */
  readonly silent: string;
  readonly announcements: Announcements;
  readonly changes: Change[];
}

/** Manual edits of the objects of a pool. */
const editsOf = (pool: string): readonly (readonly string[])[] => [
  ["patch", "statefulset", pool, "--type=merge", '--patch={"spec":{"replicas":1}}'],
  ["patch", "statefulset", pool, "--type=merge", '--patch={"spec":{"replicas":5}}'],
  ["patch", "service", pool, "--type=merge", '--patch={"spec":{"publishNotReadyAddresses":false}}'],
  ["patch", "role", `${pool}-builder`, "--type=merge", '--patch={"rules":[]}'],
  ["delete", "rolebinding", `${pool}-builder`],
  ["delete", "service,networkpolicy,poddisruptionbudget", pool, "--wait=false"],
];

/** Carries out one step. Returns the target, for the log. Rejects if kubectl does. */
export async function perform(step: Step, world: SoakWorld): Promise<string> {
  return await actions[step.action](step, world);
}

type Perform = (step: Step, world: SoakWorld) => Promise<string>;

const actions: Readonly<Record<Action, Perform>> = {
  async open(step, { scenario, announcements, changes }) {
    const name = `change-${changes.length}`;
    const { flavour, seconds } = step;
    const { number, commit } = await scenario.propose(name, announcements.filesOf(name, flavour, seconds));
    changes.push({ name, number, commit, flavour, isWanted: true });
    return `#${number} ${name}`;
  },
  async push({ pick, flavour, seconds }, { scenario, announcements, changes }) {
    const before = pickFrom(openOf(changes), pick);
    if (before === undefined) return "";
    const name = `change-${changes.length}`;
    const { number } = before;
    const files = announcements.filesOf(name, flavour, seconds);
    const commit = await scenario.github().state.push({ repository: hello, number, files });
    before.isWanted = false;
    changes.push({ name, number, commit, flavour, isWanted: true });
    return `#${number} ${name}`;
  },
  async close({ pick }, { scenario, changes }) {
    const change = pickFrom(openOf(changes), pick);
    if (change === undefined) return "";
    scenario.github().state.close({ repository: hello, number: change.number });
    change.isWanted = false;
    return `#${change.number}`;
  },

  scale: ({ value }, { scenario }) => change(scenario, scenario.pool, { instances: 1 + Math.floor(value * 3) }),
  scaleSilent: ({ value }, { scenario, silent }) => change(scenario, silent, { instances: 1 + Math.floor(value * 2) }),
  roll: (step, { scenario }) => change(scenario, scenario.pool, roundOf(step)),
  rollSilent: (step, { scenario, silent }) => change(scenario, silent, roundOf(step)),
  silencePool: ({ value }, { scenario }) => change(scenario, scenario.pool, { silent: value < 0.5 }),
  silenceSilent: ({ value }, { scenario, silent }) => change(scenario, silent, { silent: value < 0.5 }),

  restart: (step, world) =>
    onBuilder(step, world, async (name) => {
      const path = "jsonpath={.status.incarnation}";
      const incarnation = await world.scenario.kubectl("get", "builder", name, "-o", path);
      if (incarnation !== "") await annotate(world, name, `ci.alice.cern.ch/restart=${incarnation}`);
    }),
  drain: (step, world) => onBuilder(step, world, (name) => annotate(world, name, "ci.alice.cern.ch/drain=true")),
  undrain: (step, world) => onBuilder(step, world, (name) => annotate(world, name, "ci.alice.cern.ch/drain-")),
  silenceBuilder: (step, world) =>
    onBuilder(step, world, (name) => setSilenceFile(world, name, step.value < 0.5 ? "touch" : "rm -f")),
  deletePod: (step, world) =>
    onBuilder(step, world, (name) => world.scenario.kubectl("delete", "pod", name, "--wait=false")),
  killPod: (step, world) =>
    onBuilder(step, world, (name) => world.scenario.kubectl("delete", "pod", name, "--grace-period=0", "--force")),
  deleteLease: (step, world) =>
    step.value < 0.3
      ? world.scenario.kubectl("delete", "lease", "builderpool")
      : onBuilder(step, world, (name) => world.scenario.kubectl("delete", "lease", name)),

  async killOperator({ value }, { scenario }) {
    const holder = await scenario.kubectl("get", "lease", "builderpool", "-o", "jsonpath={.spec.holderIdentity}");
    const pod = holder.split("_")[0] ?? "";
    const how = value < 0.5 ? ["--grace-period=0", "--force"] : ["--wait=false"];
    await scenario.kubectl("delete", "pod", pod, ...how);
    return `${home}/${pod} ${how.join(" ")}`;
  },
  async orphan({ pick }, { scenario, silent }) {
    const pool = pick < 0.7 ? scenario.pool : silent;
    return await scenario.kubectl("delete", "statefulset", pool, "--cascade=orphan");
  },
  async edit({ pick, value }, { scenario, silent }) {
    const edit = pickFrom(editsOf(pick < 0.7 ? scenario.pool : silent), value) ?? [];
    return await scenario.kubectl(...edit);
  },
};

/** Ends every silence, drain and reduced size. The pools may need minutes to get there. */
export async function calmDown(world: SoakWorld): Promise<void> {
  const { scenario, silent } = world;
  await change(scenario, scenario.pool, { silent: false, instances: 3 });
  await change(scenario, silent, { silent: true, instances: 1 });
  for (const name of await buildersOf(world)) {
    await annotate(world, name, "ci.alice.cern.ch/drain-").catch(() => {}); // the builder may be gone
  }
}

/** Deletes the silence files of all builders. Their pods must run. */
export async function endSilence(world: SoakWorld): Promise<void> {
  for (const name of await buildersOf(world)) await setSilenceFile(world, name, "rm -f");
}

function openOf(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ isWanted }) => isWanted);
}

function roundOf({ at }: Step): object {
  return { template: { annotations: { round: String(at) } } };
}

async function change({ kubectl }: Scenario, pool: string, spec: object): Promise<string> {
  await kubectl("patch", "builderpool", pool, "--type=merge", `--patch=${JSON.stringify({ spec })}`);
  return `${pool} ${JSON.stringify(spec)}`;
}

async function buildersOf({ scenario, silent }: SoakWorld): Promise<readonly string[]> {
  const names = await scenario.kubectl("get", "builders", "-o", "jsonpath={.items[*].metadata.name}");
  return names.split(" ").filter((name) => [scenario.pool, silent].includes(name.replace(/-\d+$/, "")));
}

async function onBuilder({ pick }: Step, world: SoakWorld, act: (name: string) => Promise<unknown>): Promise<string> {
  const name = pickFrom((await buildersOf(world)).toSorted(), pick);
  if (name === undefined) return "";
  await act(name);
  return name;
}

async function annotate({ scenario }: SoakWorld, name: string, annotation: string): Promise<void> {
  await scenario.kubectl("annotate", "--overwrite", "builder", name, annotation);
}

async function setSilenceFile({ scenario }: SoakWorld, name: string, command: string): Promise<void> {
  const script = `mkdir -p /data/config && ${command} /data/config/silent`;
  await scenario.kubectl("exec", name, "-c", "builder", "--", "sh", "-c", script);
}
