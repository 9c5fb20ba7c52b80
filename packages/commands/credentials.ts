/** By what the commands of this machine are let in: `API_KEY`, or the service key, which whoever owns the storage can read. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { callAsService } from "@video-backend/service";
import { serviceKeyFile } from "@video-backend/storage/layout";
import type { Setup } from "./services.ts";

/** A `fetch` that sends the key, where there is one; services with `AUTH=open` ask for none. */
export async function callWithKey(
  { environment, storageDir }: Pick<Setup, "environment" | "storageDir">,
  send: (request: Request) => Response | Promise<Response> = fetch,
): Promise<(request: Request) => Promise<Response>> {
  const key = environment.API_KEY ?? environment.SERVICE_KEY ?? (await readServiceKey(storageDir));
  return key === null ? async (request) => send(request) : callAsService(key, send);
}

async function readServiceKey(storageDir: string): Promise<string | null> {
  try {
    return (await readFile(join(storageDir, serviceKeyFile), "utf8")).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EACCES")) return null;
    throw error;
  }
}
