/** One GET over one connection to a checked address. No redirect is followed, nothing is decoded, no cookie is kept. */
import { type IncomingHttpHeaders, request } from "node:http";
import type { Socket } from "node:net";
import { messageOf, ServiceError } from "@video-backend/service";
import { connect } from "./connect.ts";
import { type AddressRules, findAddresses } from "./find-addresses.ts";
import { readBody } from "./read-body.ts";
import { hostOf } from "./remote-url.ts";

export interface RequestRules extends AddressRules {
  /** The head of an answer has to be here after so long, and each hop of a redirect has so long. */
  answerSeconds: number;
  /** A certificate authority beside the system's, in PEM. */
  ca?: string;
}

/** How sources are fetched from addresses; the operator's to set, as `config.ts` has it. */
export interface RemoteSources extends RequestRules {
  /** So many are fetched at the same time; the others wait. */
  atOnce: number;
  /** So many tries in a row that bring nothing more, and a fetch is given up. */
  mostTries: number;
}

/** An answer whose body has yet to be read; disposing of it closes the connection. */
export interface RemoteAnswer extends Disposable {
  /** What was asked: after redirects another one than the first. */
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  /** At the pace of whoever reads it. Throws `source_unreachable` when it breaks off before the end that was announced. */
  body: AsyncIterable<Uint8Array>;
}

/** @throws ServiceError `forbidden` for an address that is not public; `source_unreachable`; the reason of the signal */
export async function requestOnce(
  rules: RequestRules,
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<RemoteAnswer> {
  const late = AbortSignal.timeout(rules.answerSeconds * 1000);
  const either = AbortSignal.any([signal, late]);
  let socket: Socket | undefined;
  try {
    const addresses = await unlessAborted(findAddresses(rules, url), either);
    socket = await connect(url, addresses, either, rules.ca);
    const answer = await unlessAborted(answerOver(socket, url, headers), either);
    return { ...answer, [Symbol.dispose]: () => void socket?.destroy() };
  } catch (error) {
    socket?.destroy();
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    throw unreachable(`${hostOf(url)} did not answer within ${rules.answerSeconds} s`, error);
  }
}

function answerOver(socket: Socket, url: URL, headers: Record<string, string>) {
  return new Promise<Omit<RemoteAnswer, keyof Disposable>>((resolve, reject) => {
    const sent = request({
      createConnection: () => socket,
      path: url.pathname + url.search,
      headers: {
        host: url.host,
        "user-agent": "video-backend",
        accept: "*/*",
        "accept-encoding": "identity",
        connection: "close",
        ...headers,
      },
      setHost: false,
    });
    const fail = (error: unknown) => {
      reject(unreachable(`${hostOf(url)} gave no answer of HTTP: ${messageOf(error)}`, error));
    };
    sent.on("error", fail);
    sent.on("upgrade", () => fail(new Error("it changes the protocol")));
    sent.on("response", (message) => {
      const { statusCode: status = 0, headers } = message;
      resolve({ url, status, headers, body: withItsHost(readBody(message), url) });
    });
    sent.end();
  });
}

async function* withItsHost(body: AsyncIterable<Uint8Array>, url: URL): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unreachable(`${hostOf(url)} broke off: ${messageOf(error)}`, error);
  }
}

const unreachable = (sentence: string, cause: unknown): ServiceError =>
  new ServiceError("source_unreachable", sentence, { cause });

/** Waiting ends with the signal; what is waited for may come to nothing later. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}
