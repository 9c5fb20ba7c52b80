/** What `bun run keys` does, and what it prints. */
import type { ApiKey, MetadataClient } from "@video-backend/metadata/client";
import { type Scope, scopes } from "@video-backend/service";
import { parseResponse } from "hono/client";

const usage = `bun run keys create NAME SCOPE… [--expires SECONDS], list, or revoke ID; scopes are ${scopes.join(", ")}`;

/**
 * The lines to print.
 *
 * @throws Error with the usage; ServiceError of metadata
 */
export async function runKeys(
  metadata: MetadataClient,
  [verb, ...rest]: string[],
  expires: string | undefined,
): Promise<string[]> {
  const [first, ...names] = rest;
  if (verb === "create" && first !== undefined && names.length > 0) {
    if (!names.every(isScope) || (expires !== undefined && !/^\d{1,10}$/.test(expires))) throw new Error(usage);
    const expiry = expires === undefined ? {} : { expires_in_seconds: Number(expires) };
    const json = { name: first, scopes: names, ...expiry };
    const { key, id } = await parseResponse(metadata.keys.$post({ json }));
    return [`Key ${id}, which is not shown again:`, key];
  }
  if (verb === "list" && first === undefined) {
    const { keys } = await parseResponse(metadata.keys.$get());
    return keys.length === 0 ? ["There are no keys."] : keys.map(describe);
  }
  if (verb === "revoke" && first !== undefined && names.length === 0) {
    await parseResponse(metadata.keys[":id"].$delete({ param: { id: first } }));
    return [`Revoked ${first}.`];
  }
  throw new Error(usage);
}

const isScope = (name: string): name is Scope => (scopes as readonly string[]).includes(name);

const timeOf = (seconds: number | null): string =>
  seconds === null ? "never" : new Date(seconds * 1000).toISOString().slice(0, 16);

const describe = ({ id, name, scopes, expires_at, last_used_at }: ApiKey): string =>
  `${id}  ${scopes.join(",")}  expires ${timeOf(expires_at)}  last used ${timeOf(last_used_at)}  ${name}`;
