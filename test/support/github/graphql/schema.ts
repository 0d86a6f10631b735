import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { buildSchema, type GraphQLSchema } from "graphql";

// Read by path: the package exports only code, and the code would parse the same schema a second time.
const file = resolve(import.meta.dirname, "../../../../node_modules/@octokit/graphql-schema/schema.graphql");

let schema: GraphQLSchema | undefined;

/** GitHub's public schema. Built once per process, on first use: about 0.15 s. */
export function githubSchema(): GraphQLSchema {
  schema ??= buildSchema(readFileSync(file, "utf8"), { assumeValid: true, assumeValidSDL: true, noLocation: true });
  return schema;
}
