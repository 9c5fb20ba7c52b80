/** A receiver of webhooks, which verifies each signature with the library that receivers use. */
import { Webhook } from "standardwebhooks";
import type { World } from "./world.ts";

export interface ReceivedEvent {
  /** The `webhook-id`. */
  id: string;
  type: string;
  /** Of the video, or of the upload. */
  videoId: string;
  body: { type: string; timestamp: string; data: Record<string, unknown> };
  /** Of the address that it was sent to. */
  path: string;
}

export interface ReceiverOptions {
  /** The secret for a path; an event to a path without one is not verified. */
  secretOf?: (path: string) => string | undefined;
  /** A free one without it. */
  port?: number;
}

/**
 * Listens on 127.0.0.1 until it is stopped or the world ends.
 *
 * @param respond the answer to an event that was verified; 204 without it
 */
export function startWebhookReceiver(
  world: Pick<World, "defer">,
  respond: (received: ReceivedEvent, request: Request) => Response | Promise<Response> = () =>
    new Response(null, { status: 204 }),
  { secretOf = () => undefined, port = 0 }: ReceiverOptions = {},
) {
  const received: ReceivedEvent[] = [];
  const refused: string[] = [];
  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname: path } = new URL(request.url);
      const secret = secretOf(path);
      try {
        const text = await request.text();
        if (secret !== undefined) new Webhook(secret).verify(text, Object.fromEntries(request.headers));
        const body = JSON.parse(text) as ReceivedEvent["body"];
        const videoId = String(body.data.hash ?? body.data.upload_id);
        const event = { id: request.headers.get("webhook-id") ?? "", type: body.type, videoId, body, path };
        received.push(event);
        return await respond(event, request);
      } catch (error) {
        refused.push(String(error));
        return new Response("not verified", { status: 400 });
      }
    },
  });
  const stop = () => server.stop(true);
  world.defer(stop);
  return { url: `http://127.0.0.1:${server.port}`, received, refused, stop };
}
