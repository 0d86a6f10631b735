import { withAuthorities } from "../../builder/machine/authorities.ts";
import { sparseEnvironment } from "../../system/sparseEnvironment.ts";
import type { AgentSettings } from "./settings.ts";

/**
 * The environment of git and builds on a host, with its proxy and its authorities. `folder` gets the file of
 * authorities, which all users of builds read.
 */
export function hostEnvironment(
  { proxy, authorities, workDir }: Pick<AgentSettings, "proxy" | "authorities" | "workDir">,
  environment: NodeJS.ProcessEnv,
  folder = workDir,
): Readonly<Record<string, string>> {
  const isOther = (name: string) => proxy === undefined || !/_proxy$/i.test(name);
  const own = Object.fromEntries(Object.entries(environment).filter(([name]) => isOther(name)));
  const ofHost = { ...own, ...proxy, ...(authorities && { NODE_EXTRA_CA_CERTS: authorities }) };
  return sparseEnvironment(withAuthorities(ofHost, folder));
}
