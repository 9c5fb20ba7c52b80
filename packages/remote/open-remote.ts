/**
 * Requests to a URL from outside: a GET that follows redirects, by hand, so that each of them is checked like the first URL; or
 * one request of any kind that follows none. Nothing is decoded, no cookie is kept. The socket is opened here, to an address that was checked, and given to the HTTP client: a client
 * that opened its own would resolve the name again.
 */
import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { connect as connectPlainly, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { messageOf, ServiceError } from "@video-backend/service";
import { type AddressRules, findAddresses } from "./addresses.ts";
import { hostOf, invalidUrl, isAddress, parseRemoteUrl } from "./remote-url.ts";

const maxRedirects = 5;
const redirects = [301, 302, 303, 307, 308];

/**
 * The first answer that is not a redirect.
 *
 * @throws ServiceError `forbidden` for an address that is not public, and for a redirect from https to http;
 *   `source_unreachable`; `invalid_request` for redirects that lead nowhere
 */
export async function openRemote(
  rules: RequestRules,
  address: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<RemoteAnswer> {
  let url = address;
  for (let followed = 0; ; followed++) {
    const answer = await sendRemote(rules, url, { method: "GET", headers }, signal);
    if (!redirects.includes(answer.status)) return answer;
    answer[Symbol.dispose]();
    if (followed === maxRedirects) throw invalidUrl(`more than ${maxRedirects} redirects; the last by ${hostOf(url)}`);
    url = redirectedTo(answer);
  }
}

function redirectedTo({ url, headers: { location } }: RemoteAnswer): URL {
  if (!location) throw invalidUrl(`${hostOf(url)} redirects, and does not say where to`);
  const next = parseRemoteUrl(location, url);
  if (url.protocol === "https:" && next.protocol === "http:") {
    throw new ServiceError("forbidden", `${hostOf(url)} redirects from https to http, which is not followed`);
  }
  return next;
}

export interface RequestRules extends AddressRules {
  /** Until the head of an answer has to be received, for each redirect anew. */
  answerSeconds: number;
  /** A certificate authority beside the system's, in PEM. */
  ca?: string;
}

/** An answer whose body is not read yet; disposing closes the connection. */
export interface RemoteAnswer extends Disposable {
  /** What was requested: after redirects another one than the first. */
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  /** With backpressure. Throws `source_unreachable` if it ends before the announced end. */
  body: AsyncIterable<Uint8Array>;
}

/** What is sent. The body is whole, so that its length is known. */
export interface RemoteRequest {
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: string;
}

/**
 * One request; an answer that redirects is an answer like any other.
 *
 * @throws ServiceError `forbidden` for an address that is not public; `source_unreachable`; the reason of the signal
 */
export async function sendRemote(
  rules: RequestRules,
  url: URL,
  remoteRequest: RemoteRequest,
  signal: AbortSignal,
): Promise<RemoteAnswer> {
  const late = AbortSignal.timeout(rules.answerSeconds * 1000);
  const either = AbortSignal.any([signal, late]);
  let socket: Socket | undefined;
  try {
    const addresses = await unlessAborted(findAddresses(rules, url), either);
    socket = await connect(url, addresses, either, rules.ca);
    const answer = await unlessAborted(answerOver(socket, url, remoteRequest), either);
    return { ...answer, [Symbol.dispose]: () => void socket?.destroy() };
  } catch (error) {
    socket?.destroy();
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    throw unreachable(`${hostOf(url)} did not answer within ${rules.answerSeconds} s`, error);
  }
}

function answerOver(socket: Socket, url: URL, { method, headers, body }: RemoteRequest) {
  return new Promise<Omit<RemoteAnswer, keyof Disposable>>((resolve, reject) => {
    const sent = request({
      createConnection: () => socket,
      method,
      path: url.pathname + url.search,
      headers: {
        host: url.host,
        "user-agent": "video-backend",
        accept: "*/*",
        "accept-encoding": "identity",
        connection: "close",
        ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
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
    sent.end(body);
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

/** Stops waiting when the signal aborts; the promise itself is not cancelled. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}

/** The timeout of a connection; then the next address is tried. */
const connectSeconds = 5;

/**
 * Tries the addresses one after another. The certificate of an https server has to be that of the host's name.
 *
 * @param ca trusted beside the system's certificate authorities, in PEM
 * @throws ServiceError `source_unreachable`; the reason of the signal
 */
async function connect(url: URL, addresses: string[], signal: AbortSignal, ca?: string): Promise<Socket> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await connectTo(url, address, AbortSignal.any([signal, AbortSignal.timeout(connectSeconds * 1000)]), ca);
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  const sentence = `${hostOf(url)} cannot be connected to: ${messageOf(failure)}`;
  throw new ServiceError("source_unreachable", sentence, { cause: failure });
}

async function connectTo(url: URL, address: string, signal: AbortSignal, ca?: string): Promise<Socket> {
  const secure = url.protocol === "https:";
  const to = { host: address, port: Number(url.port) || (secure ? 443 : 80) };
  const host = hostOf(url);
  const socket = secure
    ? connectSecurely({
        ...to,
        // A server name is never an address (RFC 6066); the certificate is then checked against `host`.
        ...(isAddress(host) ? {} : { servername: host }),
        ...(ca ? { ca } : {}),
        ALPNProtocols: ["http/1.1"],
      })
    : connectPlainly(to);
  // There has to be a listener, also when nothing waits for the socket any more.
  socket.on("error", () => {});
  try {
    await once(socket, secure ? "secureConnect" : "connect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * The bytes of the body, with backpressure, then the error of a body that ended early. Call it in the turn in which the head is
 * received, so that no event is missed.
 */
function readBody(message: IncomingMessage): AsyncGenerator<Uint8Array> {
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
  // The last moment at which buffered bytes can be read.
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
