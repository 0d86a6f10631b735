import { createReadStream, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";

const Entry = z.object({
  verb: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z
    .object({
      resource: z.string(),
      subresource: z.string().optional(),
      namespace: z.string().default(""),
      name: z.string().default(""),
    })
    .optional(),
  responseStatus: z.object({ code: z.int() }).optional(),
  requestReceivedTimestamp: z.string(),
  stageTimestamp: z.string(),
});

/** One write from the audit log. Times are milliseconds of the API server's clock. */
export interface Write {
  readonly by: string;
  readonly verb: string;
  /** Resource and subresource, for example `builders/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly isAccepted: boolean;
  readonly receivedAt: number;
  readonly answeredAt: number;
}

/** Returns a function that reads all writes since this call. */
export function auditFrom(file: string): () => Promise<readonly Write[]> {
  const start = statSync(file).size;
  return async () => {
    const writes: Write[] = [];
    for await (const line of createInterface({ input: createReadStream(file, { start }) })) {
      const entry = Entry.safeParse(parsed(line)).data;
      if (entry !== undefined) writes.push(...written(entry));
    }
    return writes;
  };
}

function written({ objectRef, ...entry }: z.infer<typeof Entry>): readonly Write[] {
  if (objectRef === undefined) return [];
  const { resource, subresource, namespace, name } = objectRef;
  return [
    {
      by: entry.user.username.replace(/^system:serviceaccount:/, ""),
      verb: entry.verb,
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
      namespace,
      name,
      isAccepted: (entry.responseStatus?.code ?? 500) < 300,
      receivedAt: milliseconds(entry.requestReceivedTimestamp),
      answeredAt: milliseconds(entry.stageTimestamp),
    },
  ];
}

/** The last line may be incomplete. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Keeps the microseconds, which `Date` drops. */
function milliseconds(time: string): number {
  return Date.parse(time) + Number(`0.${/\.\d{3}(\d{3})/.exec(time)?.[1] ?? "0"}`);
}
