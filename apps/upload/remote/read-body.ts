/**
 * The body of an answer, to the last byte that came. Read as a stream usually is, an `IncomingMessage` that breaks off
 * drops what has come and nobody has read yet; a line that is cut again and again would bring nothing at all.
 */
import type { IncomingMessage } from "node:http";

/**
 * Bytes at the pace of whoever takes them, then the error of a body that broke off. Call it when the head is here, in the
 * same turn: from then on nothing is missed.
 *
 * @throws what the message ends with
 */
export function readBody(message: IncomingMessage): AsyncGenerator<Uint8Array> {
  const rest: Uint8Array[] = [];
  let outcome: { error?: unknown } | undefined;
  let wake = (): void => {};
  const end = (ended: { error?: unknown }): void => {
    outcome ??= ended;
    wake();
  };
  message.on("readable", () => wake());
  message.on("end", () => end({}));
  message.on("error", (error) => end({ error }));
  // The last moment at which what is buffered can be had.
  message.on("aborted", () => {
    for (let bytes = message.read(); bytes !== null; bytes = message.read()) rest.push(bytes);
  });

  return (async function* () {
    for (;;) {
      const bytes: Uint8Array | null | undefined = outcome ? rest.shift() : message.read();
      if (bytes) yield bytes;
      else if (!outcome) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if (outcome.error) throw outcome.error;
      else return;
    }
  })();
}
