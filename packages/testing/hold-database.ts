/** Another program that holds a database, as a backup does. */

export interface HeldDatabase extends AsyncDisposable {
  release(): Promise<void>;
  /** Resolves when it was let go. */
  released: Promise<unknown>;
}

/** Resolves when a process of its own holds the lock; it is let go at the latest when that is disposed. */
export async function holdDatabase(
  path: string,
  how: "immediate" | "exclusive" | "locking_mode" = "immediate",
): Promise<HeldDatabase> {
  const take = {
    immediate: `database.run("BEGIN IMMEDIATE")`,
    exclusive: `database.run("BEGIN EXCLUSIVE")`,
    locking_mode: `database.run("PRAGMA locking_mode = EXCLUSIVE"); database.run("BEGIN EXCLUSIVE")`,
  }[how];
  const script = `
    const { Database } = await import("bun:sqlite");
    const database = new Database(process.argv.at(-1));
    database.run("PRAGMA busy_timeout = 10000");
    ${take};
    console.log("held");
    for await (const _ of process.stdin);
    database.run("ROLLBACK");
    database.close();`;
  const child = Bun.spawn([process.execPath, "-e", script, path], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  const { value } = await child.stdout.getReader().read();
  if (!value) throw new Error(`${path} could not be held: ${await new Response(child.stderr).text()}`);
  const release = async () => {
    await child.stdin.end();
    await child.exited;
  };
  return { release, released: child.exited, [Symbol.asyncDispose]: release };
}
