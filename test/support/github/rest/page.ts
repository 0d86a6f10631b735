import type { Context } from "hono";
import type { Env } from "./app.ts";

const largestPage = 100;

/** One page of a list, with GitHub's `Link` header to other pages. */
export function page<T>(c: Context<Env>, items: readonly T[], shape: (item: T) => unknown, usual = 30): Response {
  const perPage = Math.min(largestPage, positive(c.req.query("per_page")) ?? usual);
  const current = positive(c.req.query("page")) ?? 1;
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const link = (number: number, rel: string) => {
    const url = new URL(c.req.url);
    url.searchParams.set("page", String(number));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [
    ...(current > 1 ? [link(current - 1, "prev")] : []),
    ...(current < last ? [link(current + 1, "next"), link(last, "last")] : []),
    ...(current > 1 ? [link(1, "first")] : []),
  ];
  if (links.length > 0) c.header("link", links.join(", "));
  return c.json(items.slice((current - 1) * perPage, current * perPage).map(shape));
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
