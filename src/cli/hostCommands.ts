import type { Command } from "commander";
import { aName, ofPools } from "./options.ts";
import type { Place, PlaceOptions } from "./place/place.ts";

/** Commands about hosts outside the cluster, for people with rights in the cluster. */
export function addHostCommands(program: Command, placeOf: (options: PlaceOptions) => Promise<Place>): void {
  ofPools(program.command("join"))
    .description("Print a code with which a host outside the cluster joins its pool; valid for 15 minutes")
    .argument("<host>", "name of the host, as in spec.external.names", aName)
    .option("--pool <pool>", "refuse a host of another pool", aName)
    .option("--again", "for a machine that was reinstalled or replaced: end the earlier credential first")
    .option(
      "--server <address>",
      "address of the API server for the host (default: the address in the kubeconfig)",
      aName,
    )
    .addHelpText(
      "after",
      `
Standard output has only the code, which is a secret. Give it to the host without an argument or a file that others can read:
  builderpool join mac01 -n ci | ssh mac01 sudo sh builderpool-agent.mjs agent enrol - --cell-user USER --work-dir FOLDER
`,
    )
    .action(async (host: string, options) => {
      const { joinCommand } = await import("./commands/join.ts");
      await joinCommand(host, options, await placeOf(options), {
        stdout: (text) => process.stdout.write(text),
        stderr: (text) => process.stderr.write(text),
      });
    });

  ofPools(program.command("revoke"))
    .description("End the credential of a host outside the cluster")
    .argument("<host>", "name of the host", aName)
    .action(async (host: string, options) => {
      const { revokeCommand } = await import("./commands/revoke.ts");
      await revokeCommand(host, await placeOf(options), (text) => process.stdout.write(text));
    });
}
