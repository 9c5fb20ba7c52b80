/**
 * Who appends to a source that comes as one stream, in this process. There is one at a time, and it is the newest: a
 * client that was cut off comes back while its old connection still seems open, and must not wait for that one to die.
 */
import { ServiceError } from "@video-backend/service";

export interface Appenders {
  /**
   * Ends whoever appends to this upload, waits until he has left, and takes his place until disposed.
   *
   * @throws ServiceError `conflict` when a newer one came meanwhile
   */
  takeOver(uploadId: string): Promise<Turn>;
}

export interface Turn extends Disposable {
  /** Aborts, with a `conflict`, when a newer one takes over. */
  signal: AbortSignal;
}

interface Place {
  abort: AbortController;
  left: PromiseWithResolvers<void>;
}

/** An empty register. */
export function createAppenders(): Appenders {
  const newest = new Map<string, Place>();

  function leave(uploadId: string, place: Place): void {
    if (newest.get(uploadId) === place) newest.delete(uploadId);
    place.left.resolve();
  }

  return {
    async takeOver(uploadId) {
      const older = newest.get(uploadId);
      const place: Place = { abort: new AbortController(), left: Promise.withResolvers() };
      newest.set(uploadId, place);
      older?.abort.abort(overtaken(uploadId));
      await older?.left.promise;
      const { signal } = place.abort;
      if (signal.aborted) leave(uploadId, place);
      signal.throwIfAborted();
      return { signal, [Symbol.dispose]: () => leave(uploadId, place) };
    },
  };
}

function overtaken(uploadId: string): ServiceError {
  const sentence = "A newer request goes on with this upload; ask where it is before sending more";
  return new ServiceError("conflict", sentence, { details: { upload_id: uploadId } });
}
