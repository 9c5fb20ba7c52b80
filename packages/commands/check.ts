/**
 * `bun run check [DIR] [--sizes-only] [--repair]`: compares the storage, or a backup, with its databases. Exit code 0 when all of it
 * fits together, 1 when something does not, 2 when it could not be done.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "@video-backend/service";
import { orExit } from "@video-backend/service/serve";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { parseResponse } from "hono/client";
import { checkStorage } from "./backup/check-storage.ts";
import { callWithKey } from "./credentials.ts";
import { readSetup } from "./services.ts";
import { screenOfTerminal } from "./upload/screen.ts";

const usage = "bun run check [DIR] [--sizes-only] [--repair]";
const screen = screenOfTerminal();
try {
  const flags = { repair: { type: "boolean" }, "sizes-only": { type: "boolean" } } as const;
  const { positionals, values } = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options: flags });
  const [given, ...more] = positionals;
  if (more.length > 0 || (given !== undefined && values.repair)) throw new Error(usage);
  const setup = await orExit(() => readSetup(process.env));
  const directory = given === undefined ? setup.storageDir : resolve(process.env.INIT_CWD ?? "", given);
  const { videos, files, hashes, lost, stray, different, toBeMade } = await checkStorage({
    directory,
    withHashes: values["sizes-only"] !== true,
    show: screen.show,
    onFinding: ({ kind, key, why }) => screen.say(`${kind}: ${key}: ${why}`),
  });
  screen.clear();
  let repaired = "";
  if (values.repair && toBeMade.length > 0) {
    const baseUrl = setup.environment.TRANSCODING_URL ?? "";
    const transcoding = createTranscodingClient({ baseUrl, retries: 0, fetch: await callWithKey(setup) });
    for (const [index, videoId] of toBeMade.entries()) {
      screen.show(`repairing ${index + 1} of ${toBeMade.length} videos`);
      await parseResponse(transcoding.transcode[":upload_id"].repair.$post({ param: { upload_id: videoId } }));
    }
    screen.clear();
    repaired = `; transcoding makes again what is lost of ${toBeMade.length} videos`;
  }
  console.log(
    `Checked ${videos} videos, ${files} files and ${hashes} hashes in ${directory}: ` +
      `${lost} lost, ${stray} stray, ${different} different${repaired}.`,
  );
  process.exit(lost + stray + different === 0 ? 0 : 1);
} catch (error) {
  screen.clear();
  console.error(messageOf(error));
  process.exit(2);
}
