/**
 * `bun run backup DIR [--without-streams]`: a backup of the storage in a dated folder of DIR, while the services run. Exit code 1
 * when none could be made.
 */
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "@video-backend/service";
import { orExit } from "@video-backend/service/serve";
import { makeBackup, megabytes } from "./backup/make-backup.ts";
import { readSetup } from "./services.ts";
import { screenOfTerminal } from "./upload/screen.ts";

const usage = "bun run backup DIR [--without-streams]";
const screen = screenOfTerminal();
try {
  const options = { allowPositionals: true, options: { "without-streams": { type: "boolean" } } } as const;
  const { positionals, values } = parseArgs({ args: process.argv.slice(2), ...options });
  const [directory, ...more] = positionals;
  if (directory === undefined || more.length > 0) throw new Error(usage);
  const { storageDir } = await orExit(() => readSetup(process.env));
  const backupsDir = resolve(process.env.INIT_CWD ?? "", directory);
  if (!relative(storageDir, backupsDir).startsWith("..")) throw new Error(`${backupsDir} is in the storage itself`);
  const made = await makeBackup({
    storageDir,
    backupsDir,
    withStreams: values["without-streams"] !== true,
    now: () => new Date(),
    show: screen.show,
  });
  screen.clear();
  const { files, bytes, open_uploads_left_out: left } = made.description;
  for (const { key, why } of made.lost) console.error(`lost in the storage itself: ${key}: ${why}`);
  const uploads = left === 0 ? "" : `; ${left} uploads that are not complete were left out`;
  console.log(
    `Backed up ${files} files (${megabytes(bytes)}) to ${made.directory}; ${made.copiedFiles} were copied ` +
      `(${megabytes(made.copiedBytes)}), ${made.sharedFiles} are shared${uploads}. It holds keys: keep it as secret as the storage.`,
  );
} catch (error) {
  screen.clear();
  console.error(messageOf(error));
  process.exit(1);
}
