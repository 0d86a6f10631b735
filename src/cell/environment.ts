import { delimiter, join } from "node:path";
import type { Order } from "../api/cell/order.ts";
import { cellMarker } from "../system/process/survivors.ts";
import { proxyForPrograms } from "../system/proxy.ts";

type Environment = Readonly<Record<string, string>>;

const systemPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
/** Variables with the authorities of a site. The cell passes its own values on. */
const authorities = ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"];

/**
 * Settings of every git process of the cell, including those of aliBuild. Trees may belong to another user, hence
 * safe.directory. Foreign code has written to them, hence no hooks, no transports that run programs, no helper
 * processes and no prompts.
 */
const gitSettings: readonly (readonly [string, string])[] = [
  ["safe.directory", "*"],
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["protocol.ext.allow", "never"],
  ["advice.detachedHead", "false"],
  ["init.defaultBranch", "master"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
];

/**
 * The environment of all commands of the cell. From the cell's own environment it takes only PATH and network settings
 * without passwords.
 */
export function cellEnvironmentOf(order: Order, own: NodeJS.ProcessEnv): Environment {
  const name = "alibuild";
  const email = "alibuild@cern.ch";
  return {
    ...pick(own, authorities),
    ...proxyForPrograms(own),
    HOME: order.paths.home,
    PATH: own["PATH"] || systemPath,
    LANG: "C.UTF-8",
    TMPDIR: order.paths.tmp,
    [cellMarker]: order.id,
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_COUNT: String(gitSettings.length),
    ...Object.fromEntries(
      gitSettings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/**
 * `env` with the programs of an installed tool first in PATH. The tool's python is left out, since it would replace the
 * system's python in builds.
 */
export function withTool(env: Environment, tool: string): Environment {
  return { ...env, PATH: [join(tool, "programs"), env["PATH"]].join(delimiter) };
}

/** `env` with the cell's own pip settings, for the installation of a tool. */
export function forPip(env: Environment, own: NodeJS.ProcessEnv): Environment {
  const names = Object.keys(own).filter((name) => name.startsWith("PIP_"));
  return { ...env, PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1", ...pick(own, names) };
}

function pick(own: NodeJS.ProcessEnv, names: readonly string[]): Environment {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = own[name];
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
}
