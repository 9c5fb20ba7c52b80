/**
 * `bun run upload FILE...`: uploads each file through the same HTTP routes as any client, and follows it until it plays.
 * An interrupted run is taken up by the next one. Exit code 1 when a file could not be uploaded or transcoded.
 */
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isServiceError, messageOf } from "@video-backend/service";
import { orExit } from "@video-backend/service/serve";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { createUploadClient } from "@video-backend/upload/client";
import { callWithKey } from "./credentials.ts";
import { untilHealthy } from "./health.ts";
import { readSetup } from "./services.ts";
import { openRememberedUploads, stateFile } from "./upload/remembered-uploads.ts";
import { screenOfTerminal } from "./upload/screen.ts";
import { type UploadCommand, uploadFile } from "./upload/upload-file.ts";

/** Putting a large file together takes a while; a call that is made again joins the work that is under way. */
const completeSeconds = 240;
const interruptedCode = 130;

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("Which file? bun run upload FILE...");
  process.exit(1);
}

const setup = await orExit(() => readSetup(process.env));
const { environment } = setup;
const address = (name: string) => (environment[name] ?? "").replace(/\/+$/, "");
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort());

const send = await orExit(() =>
  callWithKey(setup, (request) => fetch(request, { signal: AbortSignal.any([request.signal, interrupted.signal]) })),
);
const now = () => performance.now() / 1000;
const command: UploadCommand = {
  uploadUrl: address("UPLOAD_URL"),
  streamingUrl: address("STREAMING_URL"),
  upload: createUploadClient({ baseUrl: address("UPLOAD_URL"), timeoutSeconds: completeSeconds, fetch: send }),
  transcoding: createTranscodingClient({ baseUrl: address("TRANSCODING_URL"), fetch: send }),
  remembered: openRememberedUploads(stateFile(process.env)),
  screen: screenOfTerminal(),
  signal: interrupted.signal,
  fetch: send,
  pause: (seconds) => wait(seconds * 1000, undefined, { signal: interrupted.signal }),
  now,
};

const reason = await untilHealthy(command.uploadUrl, AbortSignal.abort());
if (reason !== null) {
  console.error(`The upload service at ${command.uploadUrl} does not answer; start it with bun run dev (${reason})`);
  process.exit(1);
}
process.exit(await uploadAll());

async function uploadAll(): Promise<number> {
  let exitCode = 0;
  for (const file of files) {
    command.screen.say(file);
    try {
      // npm runs scripts in the project's folder, and says here where it was called.
      await uploadFile(command, resolve(process.env.INIT_CWD ?? "", file));
    } catch (error) {
      if (interrupted.signal.aborted) {
        command.screen.say("interrupted; the same command goes on from here");
        return interruptedCode;
      }
      command.screen.clear();
      console.error(`${file}: ${sentenceOf(error)}`);
      exitCode = 1;
    }
  }
  return exitCode;
}

function sentenceOf(error: unknown): string {
  const accepted = isServiceError(error, "unsupported_file_type") ? error.details.accepted : undefined;
  return Array.isArray(accepted) ? `${messageOf(error)}; accepted: ${accepted.join(", ")}` : messageOf(error);
}
