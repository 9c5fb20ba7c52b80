/** The small words that contracts are written in. */
import type { z } from "@hono/zod-openapi";

/** An answer in JSON. */
export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** A request body in JSON; without it, or with another type, the request is refused. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  body: { required: true, content: { "application/json": { schema } } },
});

/** The documentation of a whole number; zod's own is too vague (`number`, and nullable when coerced). */
export const integer = (description: string, example?: number) => ({
  type: "integer" as const,
  description,
  ...(example === undefined ? {} : { example }),
});
