/**
 * What contracts are written in: the schemas that all services share, and short forms of OpenAPI. No I/O, so that one service
 * can read another's contract as data.
 */
export { ServiceError } from "./errors.ts";
export { VideoId } from "./ids.ts";
export { AssetPath, FileName, LanguageTag, RenditionName } from "./names.ts";
export { integer, json, jsonBody } from "./openapi.ts";
export { Problem, problems } from "./problem.ts";
