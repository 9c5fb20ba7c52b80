/**
 * What a route asks of its caller, declared with the route as OpenAPI's `security`. No I/O: contracts are written in it, and
 * `access.ts` enforces it.
 */

/** What a key may be given. */
export const scopes = ["read", "upload", "write", "admin", "metrics"] as const;
export type Scope = (typeof scopes)[number];

/** The names of the security schemes in the documents. */
export const schemes = { apiKey: "apiKey", serviceKey: "serviceKey", uploadToken: "uploadToken" } as const;

/** For a route that a key with this scope may use, and the other services. */
export const scope = (name: Scope) => ({ security: [{ [schemes.apiKey]: [name] }] });

/** For a route that any valid key may use, whatever its scopes, and the other services. */
export const anyKey = { security: [{ [schemes.apiKey]: [] as string[] }] };

/** For a route of uploads that an upload token may use, too, for its own upload. */
export const uploadScopeOrToken = {
  security: [...scope("upload").security, { [schemes.uploadToken]: [] as string[] }] as Record<string, string[]>[],
};

/** For a route that the other services alone may use. */
export const servicesOnly = { security: [{ [schemes.serviceKey]: [] as string[] }] };

/** For a route whose requests do not count towards a limit: those that carry the bytes of uploads. */
export const notLimited = { "x-not-limited": true as const };

/** For a route that anybody may use. Its requests do not count towards a limit either. */
export const anybody = { security: [] as Record<string, string[]>[] };
