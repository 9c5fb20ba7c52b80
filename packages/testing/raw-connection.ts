/** A connection on which a test says byte by byte what no HTTP client would. */
import { connect } from "node:net";

export interface RawAnswer {
  /** Null when the connection was closed without one. */
  status: number | null;
  head: string;
  body: string;
}

export interface RawConnection {
  send(text: string): void;
  /** No more from this side; the other may still answer. */
  end(): void;
  /** Goes away in order, and hears nothing more. */
  close(): void;
  /** Goes away as a machine does that loses its line. */
  reset(): void;
  /** Resolves with the first whole head of an answer, and what came with it; or when the other side closed. */
  answer(): Promise<RawAnswer>;
  /** Resolves with all that came when the other side has closed. */
  closed(): Promise<RawAnswer>;
}

/** Resolves when it is connected to this port on this machine. */
export async function connectRaw(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  const opened = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const leave = () => {
    answered.resolve();
    gone.resolve();
  };
  socket.on("connect", opened.resolve);
  socket.on("data", (data) => {
    received += data.toString("latin1");
    if (received.includes("\r\n\r\n")) answered.resolve();
  });
  // A reset is an error here and a fact for the test.
  socket.on("error", (error) => {
    opened.reject(error);
    leave();
  });
  socket.on("end", leave);
  socket.on("close", leave);
  await opened.promise;

  const answer = (): RawAnswer => {
    const [head = "", ...body] = received.split("\r\n\r\n");
    const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
    return { status: status ? Number(status) : null, head, body: body.join("\r\n\r\n") };
  };
  return {
    send: (text) => void socket.write(text),
    end: () => void socket.end(),
    close: () => void socket.destroy(),
    reset: () => void socket.resetAndDestroy(),
    answer: () => answered.promise.then(answer),
    closed: () => gone.promise.then(answer),
  };
}
