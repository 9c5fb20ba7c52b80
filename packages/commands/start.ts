/**
 * `bun run start`: all five services in the background, on a server. Returns when they are healthy; what keeps them alive
 * from then on is supervise.ts. `bun run stop` ends it all.
 */
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { orExit } from "@video-backend/service/serve";
import { createFirstKey } from "./first-key.ts";
import { untilHealthy } from "./health.ts";
import { lastLinesOf } from "./logs/log-file.ts";
import { preflight } from "./preflight.ts";
import { pidFileOf, readPidFile } from "./processes/pid-file.ts";
import { stopSupervisor } from "./processes/stop-supervisor.ts";
import { readSetup } from "./services.ts";
import { typed, welcome } from "./welcome.ts";

const secondsToGetHealthy = 30;

const setup = await orExit(() => readSetup(process.env));
const pidFile = pidFileOf(setup.storageDir);
const holder = readPidFile(pidFile);
if (holder !== null) fail(`The services run already (supervisor ${holder}); \`${typed("stop")}\` ends them.`);
const problems = await preflight(setup);
if (problems.length > 0) fail(problems.join("\n"));

const logs = join(setup.storageDir, "logs");
mkdirSync(logs, { recursive: true });
const supervisorLog = openSync(join(logs, "supervisor.log"), "a");
const supervisor = Bun.spawn([process.execPath, join(import.meta.dirname, "supervise.ts")], {
  env: { NODE_ENV: "production", STREAMING_PROCESSES: "auto", FIRST_API_KEY: "none", ...setup.environment },
  stdio: ["ignore", supervisorLog, supervisorLog],
  detached: true,
});

const time = AbortSignal.timeout(secondsToGetHealthy * 1000);
const healthy = Promise.all(
  setup.services.map(async ({ name, address }) => ({
    name,
    reason: await untilHealthy(address, time),
  })),
);
const results = await Promise.race([healthy, supervisor.exited]);
if (typeof results === "number") fail(`The supervisor ended with exit code ${results}:\n${tail("supervisor")}`);

const ill = results.filter(({ reason }) => reason !== null);
if (ill.length > 0) {
  for (const { name, reason } of ill) {
    console.error(`${name} is not healthy after ${secondsToGetHealthy} s (${reason}); its last lines:\n${tail(name)}`);
  }
  await stopSupervisor(pidFile);
  fail("Stopped all services.");
}

console.log(welcome(setup));
for (const line of await orExit(() => createFirstKey(setup))) console.log(line);
console.log(
  `They run in the background (supervisor ${supervisor.pid}, logs in ${logs}); \`${typed("stop")}\` ends them.`,
);
process.exit(0);

function tail(name: string): string {
  const lines = lastLinesOf(join(logs, `${name}.log`), 10);
  return lines.map((line) => `  ${line}`).join("\n");
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
