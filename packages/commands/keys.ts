/**
 * `bun run keys create NAME SCOPE… [--expires SECONDS]`, `list`, `revoke ID`: API keys, by the routes of metadata. It needs no
 * key on the machine of the storage.
 */
import { parseArgs } from "node:util";
import { createMetadataClient } from "@video-backend/metadata/client";
import { messageOf } from "@video-backend/service";
import { orExit } from "@video-backend/service/serve";
import { callWithKey } from "./credentials.ts";
import { runKeys } from "./keys/run-keys.ts";
import { readSetup } from "./services.ts";

const setup = await orExit(() => readSetup(process.env));
const metadata = createMetadataClient({
  baseUrl: setup.environment.METADATA_URL ?? "",
  retries: 0,
  fetch: await orExit(() => callWithKey(setup)),
});
try {
  const options = {
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { expires: { type: "string" } },
  } as const;
  const { positionals, values } = parseArgs(options);
  for (const line of await runKeys(metadata, positionals, values.expires)) console.log(line);
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}
