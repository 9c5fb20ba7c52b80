/**
 * `bun run restore DIR [--to STORAGE_DIR]`: brings a backup, or the newest one in DIR, into an empty storage. An interrupted run is
 * gone on with by the same command. Exit code 1 when it is refused or fails.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "@video-backend/service";
import { orExit } from "@video-backend/service/serve";
import { megabytes } from "./backup/make-backup.ts";
import { restoreBackup } from "./backup/restore-backup.ts";
import { readSetup } from "./services.ts";
import { screenOfTerminal } from "./upload/screen.ts";

const usage = "bun run restore DIR [--to STORAGE_DIR]";
const screen = screenOfTerminal();
const here = (path: string) => resolve(process.env.INIT_CWD ?? "", path);
try {
  const options = { allowPositionals: true, options: { to: { type: "string" } } } as const;
  const { positionals, values } = parseArgs({ args: process.argv.slice(2), ...options });
  const [from, ...more] = positionals;
  if (from === undefined || more.length > 0) throw new Error(usage);
  const storageDir =
    values.to === undefined ? (await orExit(() => readSetup(process.env))).storageDir : here(values.to);
  const restored = await restoreBackup({ from: here(from), storageDir, show: screen.show });
  screen.clear();
  const { files, filesOfBefore, linkedFiles, copiedBytes, description, backup } = restored;
  const before = filesOfBefore === 0 ? "" : `, ${filesOfBefore} were there from an interrupted run`;
  const streams = description.with_streams ? "" : "; the streams are made again when the services run";
  console.log(
    `Restored ${files} files of ${backup} to ${storageDir}: ${megabytes(copiedBytes)} copied, ${linkedFiles} files linked` +
      `${before}${streams}.`,
  );
} catch (error) {
  screen.clear();
  console.error(messageOf(error));
  process.exit(1);
}
