/** The library's own server with its own store, and nothing around it: `bun tus-server.ts PORT DIRECTORY`. */
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [port = "", directory = ""] = process.argv.slice(2);
const tus = new Server({ path: "/files", datastore: new FileStore({ directory }) });

Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  fetch: (request) => tus.handleWeb(request),
});
