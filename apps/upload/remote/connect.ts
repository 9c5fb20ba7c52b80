/**
 * A connection to addresses that were checked, and to no other: the socket is opened here, by address, and the HTTP client
 * is handed it. A client that opened its own would resolve the name again.
 */
import { once } from "node:events";
import { connect as connectPlainly, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { messageOf, ServiceError } from "@video-backend/service";
import { hostOf, isAddress } from "./remote-url.ts";

/** One address is given up for the next after so long. */
const secondsAnAddress = 5;

/**
 * Tries the addresses one after another. The certificate of an https server has to be that of the host's name.
 *
 * @param ca trusted beside the system's certificate authorities, in PEM
 * @throws ServiceError `source_unreachable`; the reason of the signal
 */
export async function connect(url: URL, addresses: string[], signal: AbortSignal, ca?: string): Promise<Socket> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await connectTo(url, address, AbortSignal.any([signal, AbortSignal.timeout(secondsAnAddress * 1000)]), ca);
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
  // Somebody has to listen, also when nobody waits any more.
  socket.on("error", () => {});
  try {
    await once(socket, secure ? "secureConnect" : "connect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
