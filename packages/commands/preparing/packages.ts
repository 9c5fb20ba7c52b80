/**
 * Packages as the lock file has them. A stamp in node_modules says which lock file they were installed from, so that the
 * usual start reads two files and no more.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Installs when something is missing or the lock file changed. Null when all is there, else a sentence. */
export async function ensurePackages(root: string, say: (line: string) => void = console.log): Promise<string | null> {
  const stamp = join(root, "node_modules", ".installed");
  const wanted = stampOf(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return null;
  say("Installing packages.");
  const child = Bun.spawn([process.execPath, "install", "--frozen-lockfile"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [said, complained] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (child.exitCode !== 0) {
    const install = "if a package.json was changed, `bun install` brings the lock file up to date";
    return `${said}${complained}The packages could not be installed; ${install}.`;
  }
  writeFileSync(stamp, wanted);
  return null;
}

/** Another bun may lay packages out in another way. */
function stampOf(root: string): string {
  const lock = readFileSync(join(root, "bun.lock"));
  return `${Bun.version} ${new Bun.CryptoHasher("sha256").update(lock).digest("hex")}\n`;
}
