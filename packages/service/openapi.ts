/** Short forms for contracts. */
import { z } from "@hono/zod-openapi";

/** A response in JSON. */
export const json = <Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  example: z.input<NoInfer<Schema>>,
) => ({
  description,
  content: { "application/json": { schema, example } },
});

/** A response in text, such as `text/vtt`. */
export const text = <Type extends string>(type: Type, description: string, example: string) => {
  const content = { [type]: { schema: z.string(), example } };
  return { description, content: content as Record<Type, { schema: z.ZodString; example: string }> };
};

/** Bytes. */
export const binary = z.string().openapi({ type: "string", format: "binary" });

/**
 * A request body in JSON. Where it is required, a request without it, or with another type, is refused. Many clients write
 * `null` for a field they leave out; it is taken as absent where the field is optional and null means nothing of its own.
 */
export const jsonBody = <Schema extends z.ZodObject, Required extends boolean = true>(
  schema: Schema,
  example: z.input<NoInfer<Schema>>,
  required = true as Required,
) => ({
  body: { required, content: { "application/json": { schema: nullAsAbsent(schema), example } } },
});

/** Parses what `schema` does, and is documented as it is. */
function nullAsAbsent<Schema extends z.ZodObject>(schema: Schema): Schema {
  const names = Object.entries(schema.shape).filter(([, field]) => field instanceof z.ZodType && leavesNullOpen(field));
  const absentWhereNull = new Set(names.map(([name]) => name));
  const withoutNulls = (body: unknown) =>
    typeof body === "object" && body !== null && !Array.isArray(body)
      ? Object.fromEntries(Object.entries(body).filter(([name, value]) => value !== null || !absentWhereNull.has(name)))
      : body;
  return z.preprocess(withoutNulls, schema) as unknown as Schema;
}

/** Whether a field may be left out and is not declared nullable. A parse would not tell: a coerced number takes null as 0. */
function leavesNullOpen(field: z.ZodType): boolean {
  if (!field.isOptional()) return false;
  let inner: unknown = field;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return !(inner instanceof z.ZodNullable);
}

/** The documentation of a whole number; zod's own is too vague (`number`, and nullable when coerced). */
export const integer = (description: string, example?: number) => ({
  type: "integer" as const,
  description,
  ...(example === undefined ? {} : { example }),
});
