/**
 * What contracts are written in: the schemas that all services share, and short forms for OpenAPI. No I/O, so that one service
 * can read another's contract as data.
 */
export { ServiceError } from "./errors.ts";
export { exampleVideoId, VideoId } from "./ids.ts";
export { AssetPath, FileName, LanguageTag, RenditionName } from "./names.ts";
export { binary, integer, json, jsonBody, text } from "./openapi.ts";
export { Problem, problems } from "./problem.ts";
export {
  anybody,
  anyKey,
  notLimited,
  type Scope,
  schemes,
  scope,
  scopes,
  servicesOnly,
  uploadScopeOrToken,
} from "./scopes.ts";
