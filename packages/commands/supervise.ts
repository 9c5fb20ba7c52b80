/**
 * What `bun run start` leaves behind: a process without a terminal that keeps the five services alive and writes their
 * logs, until SIGTERM. Not to be started by hand; and never with `--no-orphans`, which would end it with its starter.
 */
import { join } from "node:path";
import { keepAlive } from "@video-backend/service/keep-alive";
import { orExit } from "@video-backend/service/serve";
import { openLogFile } from "./logs/log-file.ts";
import { pidFileOf, removePidFile, writePidFile } from "./processes/pid-file.ts";
import { runService } from "./run-service.ts";
import { readSetup, type Service } from "./services.ts";

/** A little longer than a service gives the requests at work. */
const drainSeconds = 12;

const setup = await orExit(() => readSetup(process.env));
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
process.on("SIGHUP", () => {
  // The terminal went; that is what this process is for.
});
const pidFile = pidFileOf(setup.storageDir);
await orExit(() => writePidFile(pidFile));

function keep(service: Service): Promise<void> {
  const log = openLogFile(join(setup.storageDir, "logs", `${service.name}.log`));
  const note = (message: string) =>
    log.write(JSON.stringify({ level: 40, time: new Date().toISOString(), service: "supervisor", msg: message }));
  return keepAlive({
    start: () => runService(service, setup, { onLine: log.write }),
    stop: stop.signal,
    drainSeconds,
    onDeath: (how, pauseSeconds) => note(`${service.name} ${how}; it is started again in ${pauseSeconds} s`),
  });
}

await Promise.all(setup.services.map(keep));
removePidFile(pidFile);
process.exit(0);
