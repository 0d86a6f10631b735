/** A refusal by GitHub: thrown by a route, converted to a JSON reply at the edge. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly object[];

  constructor(status: number, message: string, errors: readonly object[] = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }

  response(): Response {
    const body = {
      message: this.message,
      ...(this.errors.length > 0 && { errors: this.errors }),
      documentation_url: "https://docs.github.com/rest",
      status: String(this.status),
    };
    return Response.json(body, { status: this.status });
  }
}

export function notFound(): Refusal {
  return new Refusal(404, "Not Found");
}

export function invalid(resource: string, field: string, message: string): Refusal {
  return new Refusal(422, "Validation Failed", [{ resource, code: "custom", field, message }]);
}
