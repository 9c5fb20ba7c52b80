/** The tus library's lock, as this service has it: nobody is ever refused. */
import type { Locker } from "@tus/server";
import type { UploadDeps } from "../deps.ts";
import { takeOverSource } from "../sources/append-source.ts";

/**
 * Whoever asks for the lock ends the one who appends and goes on when that one has stopped: a HEAD then tells an offset
 * that stays, and a client that comes back is not kept waiting by its own dead connection. What comes after needs no lock:
 * `appendSource` takes the newest only, and every other change is one statement.
 */
export function newestFirst(deps: Pick<UploadDeps, "turns">): Locker {
  return {
    newLock: (uploadId) => ({
      async lock() {
        using _turn = await takeOverSource(deps, uploadId);
      },
      async unlock() {},
    }),
  };
}
