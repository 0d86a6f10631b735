import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

export interface Cost {
  /** Points charged. */
  readonly points: number;
  /** Maximum number of nodes in the reply. */
  readonly nodes: number;
  /** GitHub's messages about connections without a valid bound. */
  readonly problems: readonly { readonly type: string; readonly message: string }[];
}

const largestPage = 100;
const requestsPerPoint = 100;

/** GitHub's published rule: one request per parent node of each connection. The sum divided by 100, at least 1. */
export function queryCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Cost {
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  ) as ReadonlyMap<string, FragmentDefinitionNode>;
  const problems: { type: string; message: string }[] = [];
  let requests = 0;
  let nodes = 0;

  function walk(selections: SelectionSetNode, type: GraphQLNamedType | undefined, parents: number): void {
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) field(selection, type, parents);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        walk(selection.selectionSet, condition === undefined ? type : schema.getType(condition), parents);
      } else {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) {
          walk(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value), parents);
        }
      }
    }
  }

  function field(node: FieldNode, parent: GraphQLNamedType | undefined, parents: number): void {
    if (!isObjectType(parent) && !isInterfaceType(parent)) return;
    const definition = parent.getFields()[node.name.value];
    if (definition === undefined || node.selectionSet === undefined) return;
    const type = getNamedType(getNullableType(definition.type));
    if (!type.name.endsWith("Connection")) {
      walk(node.selectionSet, type, parents);
      return;
    }
    const size = pageSize(node, variables);
    const problem = sizeProblem(node.name.value, size);
    if (problem !== undefined) problems.push(problem);
    requests += parents;
    nodes += parents * (size ?? 0);
    walk(node.selectionSet, type, parents * (size ?? 0));
  }

  walk(operation.selectionSet, schema.getQueryType() ?? undefined, 1);
  return { points: Math.max(1, Math.round(requests / requestsPerPoint)), nodes, problems };
}

function pageSize(node: FieldNode, variables: Readonly<Record<string, unknown>>): number | undefined {
  for (const argument of node.arguments ?? []) {
    if (argument.name.value !== "first" && argument.name.value !== "last") continue;
    const { value } = argument;
    if (value.kind === Kind.INT) return Number(value.value);
    const given = value.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
    if (typeof given === "number") return given;
  }
  return undefined;
}

function sizeProblem(name: string, size: number | undefined) {
  if (size === undefined) {
    const message = `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`;
    return { type: "MISSING_PAGINATION_BOUNDARIES", message };
  }
  if (size > largestPage) {
    const message = `Requesting ${size} records on the \`${name}\` connection exceeds the \`first\` limit of ${largestPage} records.`;
    return { type: "EXCESSIVE_PAGINATION", message };
  }
  return undefined;
}
