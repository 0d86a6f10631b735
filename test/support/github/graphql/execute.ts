import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from "graphql";
import type { Caller } from "../accounts.ts";
import type { Hub } from "../rest/app.ts";
import { Refusal } from "../rest/refusal.ts";
import { iso } from "../rest/shapes.ts";
import { type Cost, queryCost } from "./cost.ts";
import { githubSchema } from "./schema.ts";
import { nodeView, repositoryView, teamView } from "./views.ts";

const mostNodes = 500_000;

interface Question {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
}

/** GitHub's GraphQL interface. Requires a credential. A JSON request with an error gets a 200 with errors. */
export async function answerGraphql(hub: Hub, request: Request): Promise<Response> {
  const caller = hub.accounts.caller(request.headers.get("authorization") ?? undefined);
  if (caller === undefined) return new Refusal(401, "Bad credentials").response();
  if (caller.anonymous) return new Refusal(401, "This endpoint requires you to be authenticated.").response();
  const question = readQuestion(await request.json().catch(() => undefined));
  if (question === undefined) return new Refusal(400, "Problems parsing JSON").response();
  const body = await answer(hub, caller, question);
  return Response.json(body, { headers: hub.budgets.headers(caller, "graphql") });
}

async function answer(hub: Hub, caller: Caller, question: Question): Promise<object> {
  const prepared = prepare(question);
  if ("errors" in prepared) return prepared;
  const { document, operation } = prepared;
  const cost = queryCost(githubSchema(), document, operation, { ...defaults(operation), ...question.variables });
  const problems = [...cost.problems, ...(cost.nodes > mostNodes ? [tooManyNodes(cost.nodes)] : [])];
  if (problems.length > 0) return { errors: problems };
  if (!hub.budgets.charge(caller, "graphql", cost.points)) {
    return { errors: [{ type: "RATE_LIMITED", message: `API rate limit exceeded for ${caller.login}.` }] };
  }
  const result = await execute({
    schema: githubSchema(),
    document,
    rootValue: root(hub, caller, cost),
    variableValues: question.variables,
    ...(question.operationName !== undefined && { operationName: question.operationName }),
    fieldResolver: knownField,
  });
  return withErrorTypes(result);
}

function prepare(
  question: Question,
): { readonly document: DocumentNode; readonly operation: OperationDefinitionNode } | { readonly errors: object[] } {
  let document: DocumentNode;
  try {
    document = parse(question.query);
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [{ message: error.message, locations: error.locations }] };
    throw error;
  }
  const mistakes = validate(githubSchema(), document);
  if (mistakes.length > 0) return { errors: mistakes.map(validationError) };
  const operation = getOperationAST(document, question.operationName);
  return operation == null ? { errors: [{ message: "No operation named" }] } : { document, operation };
}

function root({ state, budgets }: Hub, caller: Caller, cost: Cost) {
  return {
    viewer: { __typename: "User", login: caller.login },
    rateLimit: () => {
      const { limit, used, remaining, resetAt } = budgets.read(caller, "graphql");
      return { limit, used, remaining, cost: cost.points, nodeCount: cost.nodes, resetAt: iso(resetAt) };
    },
    repository: ({ owner, name }: { owner: string; name: string }) => {
      const found = state.findRepository(`${owner}/${name}`);
      if (found === undefined) throw missing(`Could not resolve to a Repository with the name '${owner}/${name}'.`);
      return repositoryView(state, found);
    },
    node: ({ id }: { id: string }) => nodeView(state, id) ?? noNode(id),
    nodes: ({ ids }: { ids: readonly string[] }) => ids.map((id) => nodeView(state, id) ?? noNode(id)),
    organization: ({ login }: { login: string }) => {
      const teams = state.records.teams[login] ?? {};
      const owns = Object.keys(state.records.repositories).some((name) => name.startsWith(`${login}/`));
      if (!owns && state.records.teams[login] === undefined) {
        throw missing(`Could not resolve to an Organization with the login of '${login}'.`);
      }
      const team = ({ slug }: { slug: string }) => {
        const members = teams[slug];
        return members === undefined ? null : teamView(slug, members);
      };
      return { __typename: "Organization", login, team };
    },
  };
}

/** A field without a view is an error, not a silent null. */
const knownField: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
  const { fieldName, parentType } = info;
  if (typeof source !== "object" || source === null || !(fieldName in source)) {
    throw new Error(`the GitHub stand-in does not play ${parentType.name}.${fieldName}`);
  }
  const value: unknown = (source as Record<string, unknown>)[fieldName];
  return typeof value === "function" ? value(args, context, info) : value;
};

function missing(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type: "NOT_FOUND" } });
}

function noNode(id: string): GraphQLError {
  return missing(`Could not resolve to a node with the global id of '${id}'`);
}

/** GitHub puts the type of an error next to its message, not into the extensions. */
function withErrorTypes({ data, errors }: ExecutionResult): object {
  if (errors === undefined) return { data };
  const shaped = errors.map(({ message, path, locations, extensions }) => ({
    ...(extensions["type"] !== undefined && { type: extensions["type"] }),
    path,
    locations,
    message,
  }));
  return { data, errors: shaped };
}

function validationError(error: GraphQLError): object {
  const unknown = /^Cannot query field "(?<field>\w+)" on type "(?<type>\w+)"/.exec(error.message)?.groups;
  if (unknown === undefined) return { message: error.message, locations: error.locations };
  return {
    message: `Field '${unknown["field"]}' doesn't exist on type '${unknown["type"]}'`,
    locations: error.locations,
    extensions: { code: "undefinedField", typeName: unknown["type"], fieldName: unknown["field"] },
  };
}

function tooManyNodes(nodes: number): object {
  const message = `This query requests up to ${nodes} possible nodes which exceeds the maximum limit of ${mostNodes}.`;
  return { type: "MAX_NODE_LIMIT_EXCEEDED", message };
}

function readQuestion(json: unknown): Question | undefined {
  if (typeof json !== "object" || json === null || !("query" in json) || typeof json.query !== "string")
    return undefined;
  const variables = "variables" in json && typeof json.variables === "object" ? json.variables : null;
  const name = "operationName" in json && typeof json.operationName === "string" ? json.operationName : undefined;
  return { query: json.query, variables: { ...variables }, operationName: name };
}

function defaults(operation: OperationDefinitionNode): Record<string, unknown> {
  const values = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue?.kind === "IntValue" ? [[variable.name.value, Number(defaultValue.value)] as const] : [],
  );
  return Object.fromEntries(values);
}
