import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** What canaries report. */
const kinds = ["orders", "shouts", "leaks", "found", "inspected", "ipc", "everywhere"];

/** A port that collects the reports of builds. */
export interface Inbox {
  /** The programs of a ground, by name: builds call them to report. */
  readonly programs: Readonly<Record<"report" | "shout" | "leak" | "told", string>>;
  lines(kind: string): readonly string[];
  close(): void;
}

/**
 * Opens a port at an address that builds reach. A build may write only its own folders, so it reports here. A line
 * `KIND REST` appends the rest to the reports of this kind. A line `tell KIND` answers with them.
 */
export async function anInbox(host: string): Promise<Inbox> {
  const reports = new Map<string, string[]>(kinds.map((kind) => [kind, []]));
  const server = createServer((socket) => {
    let text = "";
    socket.on("error", () => {}); // an attack may kill the sender
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const [kind = "", ...rest] = line.split(" ");
        if (kind === "tell") socket.end((reports.get(rest[0] ?? "") ?? []).map((one) => `${one}\n`).join(""));
        else reports.get(kind)?.push(rest.join(" "));
      }
    });
  });
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const program = (line: string) => `#!/bin/bash\nexec 3<> /dev/tcp/${host}/${port} && ${line}\n`;
  return {
    programs: {
      report: program('echo "$*" >&3'),
      shout: program('echo "shouts $(date +%s%3N) $1 ${BUILDERPOOL_CELL:-none}" >&3'),
      leak: program('echo "leaks $*" >&3'),
      told: program('echo "tell $1" >&3 && cat <&3'),
    },
    lines: (kind) => reports.get(kind) ?? [],
    close: () => server.close(),
  };
}
