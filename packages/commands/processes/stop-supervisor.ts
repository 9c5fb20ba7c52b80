/**
 * Ends a supervisor and with it all services. It drains them itself; one that does not end in time is killed, and its
 * services with it, since they are run with `--no-orphans`.
 */
import { readPidFile, removePidFile } from "./pid-file.ts";
import { isAlive } from "./process-table.ts";

/**
 * Resolves when it is gone: with its pid, or null when none was running.
 *
 * @param patienceSeconds longer than a supervisor gives its services
 */
export async function stopSupervisor(pidFile: string, patienceSeconds = 20): Promise<number | null> {
  const pid = readPidFile(pidFile);
  if (pid === null) return null;
  process.kill(pid, "SIGTERM");
  const deadline = setTimeout(() => isAlive(pid) && process.kill(pid, "SIGKILL"), patienceSeconds * 1000);
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 50));
  clearTimeout(deadline);
  removePidFile(pidFile);
  return pid;
}
