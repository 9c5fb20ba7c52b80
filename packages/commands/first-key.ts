/** The first API key under `bun run start`: created here and not by metadata, whose output goes to a file. */
import { createMetadataClient } from "@video-backend/metadata/client";
import { accessModeOf, scopes } from "@video-backend/service";
import { parseResponse } from "hono/client";
import { callWithKey } from "./credentials.ts";
import { runKeys } from "./keys/run-keys.ts";
import type { Setup } from "./services.ts";

/** The lines to print: the key, where the services need keys and there is none. */
export async function createFirstKey(
  setup: Setup,
  send?: (request: Request) => Response | Promise<Response>,
): Promise<string[]> {
  if (accessModeOf(setup.access) === "open") return [];
  const fetch = await callWithKey(setup, send);
  const metadata = createMetadataClient({ baseUrl: setup.environment.METADATA_URL ?? "", fetch });
  const { keys } = await parseResponse(metadata.keys.$get());
  if (keys.length > 0) return [];
  const [, key = ""] = await runKeys(metadata, ["create", "admin", ...scopes], undefined);
  return ["The first API key, with all scopes, which is not shown again; the studio takes it, too:", key];
}
