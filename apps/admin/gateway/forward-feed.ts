/** Passes a feed of server-sent events on, for as long as both ends are there. */
import type { ServiceContext } from "@video-backend/service";
import type { OtherService } from "../services/connect-services.ts";
import { forward } from "./forward.ts";

/**
 * A feed that breaks off ends: who follows it opens it again, and nothing of it was of a known length.
 *
 * @throws ServiceError `unavailable` when nobody answers
 */
export async function forwardFeed<Answer>(c: ServiceContext, service: OtherService, path: string): Promise<Answer> {
  c.env?.keepOpen?.();
  const response = await forward<Response>(c, service, path);
  return new Response(response.body && untilItBreaks(response.body), response) as Answer;
}

function untilItBreaks(feed: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = feed.getReader();
  return new ReadableStream({
    async pull(controller) {
      const part = await reader.read().catch(() => ({ done: true, value: undefined }) as const);
      if (part.done) controller.close();
      else controller.enqueue(part.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
