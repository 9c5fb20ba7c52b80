/**
 * A service's log line for people: its name in a colour of its own, then the JSON of pino as a sentence. A line that is no
 * JSON (a stack trace, what the runtime says) is passed as it is. Only `dev` does this; log files keep the JSON.
 */
import { prettyFactory } from "pino-pretty";
import type { ServiceName } from "../services.ts";

const colours: Record<ServiceName, number> = { metadata: 36, transcoding: 35, upload: 32, streaming: 34, admin: 33 };
const width = Math.max(...Object.keys(colours).map((name) => name.length));

/** Whether this output should get colours: a terminal, and nobody said otherwise (no-color.org). */
export function wantsColour(output: { isTTY?: boolean }, environment: Record<string, string | undefined>): boolean {
  return output.isTTY === true && !environment.NO_COLOR;
}

/**
 * Makes the formatter; its answers end with a line break, and every line of an answer has the name before it.
 *
 * @example createLineFormat(false)("upload", '{"level":30,"msg":"listening",...}') // "upload      | [12:00:00] INFO: listening\n"
 */
export function createLineFormat(colour: boolean): (service: ServiceName, line: string) => string {
  const pretty = prettyFactory({
    colorize: colour,
    singleLine: true,
    translateTime: "SYS:HH:MM:ss",
    ignore: "pid,hostname,service,requestId,method,path,status,milliseconds",
    messageFormat: (log, messageKey) => sentence(log, String(log[messageKey] ?? "")),
  });
  return (service, line) => {
    const label = service.padEnd(width);
    const prefix = colour ? `\u001b[${colours[service]}m${label} |\u001b[0m ` : `${label} | `;
    const text = line.startsWith("{") ? pretty(line) : line;
    return text.trimEnd().replaceAll(/^/gm, prefix).concat("\n");
  };
}

function sentence(log: Record<string, unknown>, message: string): string {
  const { method, path, status, milliseconds } = log;
  const request = [method, path, status, milliseconds === undefined ? undefined : `${milliseconds} ms`];
  return [message, ...request].filter((part) => part !== undefined).join(" ");
}
