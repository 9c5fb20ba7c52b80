/** Structured logs: one JSON object a line on stdout. No secret goes in: headers and bodies are never logged. */
import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;

/** The log of one service; every line carries its name. It goes to stdout unless told where. */
export function createLog(service: string, level = "info", destination?: DestinationStream): Log {
  const options = { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime };
  return destination ? pino(options, destination) : pino(options);
}
