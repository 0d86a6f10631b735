import { type Command, InvalidArgumentError, Option } from "commander";
import { placeRule } from "./place/place.ts";

/** Adds the options that select the place of the pools. */
export function ofPools(command: Command): Command {
  return command
    .addOption(workDirOption())
    .option("--kubeconfig <file>", "kubeconfig of the cluster (default: KUBECONFIG, or ~/.kube/config)")
    .option("--context <name>", "context of the kubeconfig (default: the current context)")
    .option("-n, --namespace <name>", "namespace of the pools (default: the namespace of the context)", aName)
    .addHelpText("after", `\nMachine or cluster: ${placeRule}\n`);
}

export function workDirOption(): Option {
  return new Option(
    "--work-dir <dir>",
    "work folder: store, logs, build trees (default: /var/lib/builderpool as root, else ~/.local/state/builderpool; BUILDERPOOL_WORK_DIR)",
  ).argParser(folder);
}

export function cellUserOption(): Option {
  return new Option(
    "--cell-user <user>",
    "first user of the builds: name, UID or UID:GID; each builder gets its own UID from there, and a UID 1000 above for base branches (root only; default for root: 63002)",
  );
}

export function listenOption(): Option {
  return new Option("--listen <address:port>", "address of the server of logs and result pages").default(
    "127.0.0.1:8089",
  );
}

export function outputOption(): Option {
  return new Option("-o, --output <format>", "output format").choices(["table", "json", "yaml"]).default("table");
}

/** Refuses an empty value: an empty variable in a script must not select the default. */
function folder(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected a folder, found nothing.");
  return text;
}

export function aName(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected a name, found nothing.");
  return text;
}

export function pullRequest(text: string): { readonly repository: string; readonly number: number } {
  const match = /^(?:https:\/\/[^/]+\/)?(?<repository>[^/#\s]+\/[^/#\s]+)(?:#|\/pull\/)(?<number>[1-9][0-9]*)$/.exec(
    text,
  );
  if (match === null) throw new InvalidArgumentError("Expected owner/repo#number, such as AliceO2Group/AliceO2#12345.");
  return { repository: match.groups?.["repository"] ?? "", number: Number(match.groups?.["number"]) };
}

export function wholeNumber(text: string): number {
  if (!/^[0-9]{1,4}$/.test(text) || Number(text) > 1000)
    throw new InvalidArgumentError("Expected a whole number from 0 to 1000.");
  return Number(text);
}

export function portNumber(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError("Expected a port from 0 to 65535; 0 selects a free port.");
  return Number(text);
}
