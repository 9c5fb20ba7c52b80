/**
 * `bun run import DIR [--dry-run]`: brings the videos of an older system into this one, whose services run. Exit code 1 when a row
 * could not be imported or lacks files, 2 when nothing could be done.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createMetadataClient } from "@video-backend/metadata/client";
import { messageOf, ServiceError } from "@video-backend/service";
import { orExit } from "@video-backend/service/serve";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { callWithKey } from "./credentials.ts";
import { importStorage } from "./import/import-storage.ts";
import { openOldStorage } from "./import/old-storage.ts";
import { readSetup } from "./services.ts";
import { screenOfTerminal } from "./upload/screen.ts";

const usage = "bun run import DIR [--dry-run]";
const screen = screenOfTerminal();
try {
  const flags = { "dry-run": { type: "boolean" } } as const;
  const { positionals, values } = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options: flags });
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) throw new Error(usage);
  const setup = await orExit(() => readSetup(process.env));
  const send = await orExit(() => callWithKey(setup));
  using old = openOldStorage(resolve(process.env.INIT_CWD ?? "", given));
  const isDryRun = values["dry-run"] === true;
  const { environment } = setup;
  const { videos, imported, unchanged, incomplete, withoutRow } = await importStorage({
    old,
    storageDir: setup.storageDir,
    metadata: createMetadataClient({ baseUrl: environment.METADATA_URL ?? "", fetch: send }),
    transcoding: createTranscodingClient({ baseUrl: environment.TRANSCODING_URL ?? "", fetch: send }),
    async saveThumbnail(hash, file) {
      const body = new FormData();
      body.append("file", file);
      const answer = await send(new Request(`${environment.ADMIN_URL}/thumbnail/${hash}`, { method: "POST", body }));
      if (!answer.ok) throw new ServiceError("conflict", `admin answered ${answer.status}`);
    },
    isDryRun,
    show: screen.show,
    say: screen.say,
  });
  screen.clear();
  console.log(
    `${isDryRun ? "Would import" : "Imported"} ${imported} of ${videos} videos; ${unchanged} were here already, ` +
      `${incomplete} are not whole, ${withoutRow} files or folders have no row.`,
  );
  process.exit(incomplete === 0 ? 0 : 1);
} catch (error) {
  screen.clear();
  console.error(messageOf(error));
  process.exit(2);
}
