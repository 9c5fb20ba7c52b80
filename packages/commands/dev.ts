/**
 * `bun run dev`: all five services in this terminal until Ctrl-C. One that dies ends the rest, since half a system only
 * looks like a bug in the other half. `--watch` restarts a service when its source changes.
 */
import { orExit } from "@video-backend/service/serve";
import { untilHealthy } from "./health.ts";
import { createLineFormat, wantsColour } from "./logs/format-line.ts";
import { preflight } from "./preflight.ts";
import { runService } from "./run-service.ts";
import { readSetup, type Service } from "./services.ts";
import { welcome } from "./welcome.ts";

const drainSeconds = 8;
const secondsUntilWeSayWhy = 30;

const setup = await orExit(() => readSetup(process.env));
const problems = await preflight(setup);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}

const stop = Promise.withResolvers<null>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.resolve(null));
// Whoever reads our lines may leave first (`| head`); that ends things in order as well.
process.stdout.on("error", () => stop.resolve(null));

const watch = process.argv.includes("--watch");
const format = createLineFormat(wantsColour(process.stdout, process.env));
const running = setup.services.map((service) => ({
  service,
  child: runService(service, setup, { watch, onLine: (line) => process.stdout.write(format(service.name, line)) }),
}));

const over = new AbortController();
Promise.all(setup.services.map(waitFor)).then(() => {
  if (!over.signal.aborted) console.log(welcome(setup));
});

const dead = await Promise.race([
  stop.promise,
  ...running.map(({ service, child }) => child.ended.then((how) => ({ service, child, how }))),
]);
over.abort();
if (dead) {
  console.error(`\n${dead.service.name} ${dead.how}; its last lines:`);
  for (const line of dead.child.lastLines()) process.stderr.write(format(dead.service.name, line));
  console.error("Ending the others.");
} else {
  console.log("\nStopping.");
}
await Promise.all(running.map(({ child }) => child.stop(drainSeconds)));
process.exit(dead ? 1 : 0);

/** A service that takes long is told once, and waited for all the same: it may be held up by something we are fixing. */
async function waitFor({ name, address }: Service): Promise<void> {
  const patience = AbortSignal.any([over.signal, AbortSignal.timeout(secondsUntilWeSayWhy * 1000)]);
  const reason = await untilHealthy(address, patience);
  if (reason === null || over.signal.aborted) return;
  console.error(`${name} is not healthy yet: ${reason}`);
  await untilHealthy(address, over.signal);
}
