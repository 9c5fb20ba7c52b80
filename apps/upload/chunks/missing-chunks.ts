/** The answer to a complete that came too early. */
import { ServiceError } from "@video-backend/service";
import { missingIndexes } from "./received-chunks.ts";

/** So many are listed; a client that lacks more of them asks `GET /upload/{id}`. */
const listed = 1000;

/** The error for an upload of `total` chunks of which these indexes are here. */
export function missingChunks(received: readonly number[], total: number): ServiceError {
  const missing = missingIndexes(received, total);
  return new ServiceError("missing_chunks", `Missing chunks: expected ${total}, got ${received.length}`, {
    details: {
      expected: total,
      got: received.length,
      missing: missing.slice(0, listed),
      missing_count: missing.length,
    },
  });
}
