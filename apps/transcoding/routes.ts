/** The contract bound to the verbs. One chain, because the typed client is made of its type. */
import { createRouter, ServiceError } from "@video-backend/service";
import * as contract from "./contract.ts";

export type TranscodingRoutes = ReturnType<typeof createRoutes>;

const later = (): never => {
  throw new ServiceError("internal", "Not built yet");
};

export function createRoutes() {
  return createRouter()
    .openapi(contract.watchTranscodes, later)
    .openapi(contract.startTranscode, later)
    .openapi(contract.getTranscodeStatus, later)
    .openapi(contract.resumeTranscodes, later)
    .openapi(contract.stopTranscode, later)
    .openapi(contract.deleteTranscode, later);
}
