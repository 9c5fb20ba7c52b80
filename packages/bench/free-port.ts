/** A port that nobody listens on at this moment. */
export function freePort(): number {
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  if (server.port === undefined) throw new Error("No free port");
  return server.port;
}
