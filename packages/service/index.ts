/** What a service is made of, apart from its own work. `./serve` is separate: only a `main.ts` needs it. */

export {
  type AccessConfig,
  type AccessRule,
  accessModeOf,
  callAsService,
  currentPrincipal,
  type Keys,
  type KeyVerifier,
  openAccess,
  sessionCookie,
  type UploadTokenVerifier,
  type VerifiedKey,
  verifiedFurtherOn,
} from "./access.ts";
export { type BreakerState, breakerStates, type Callees, createCallees } from "./callees.ts";
export { type ClientOptions, createClient, createServiceFetch } from "./client.ts";
export { clientAddressOf, isOverHttps, type Proxies, parseProxies, requestedOrigin } from "./client-address.ts";
export { ConfigError, readConfig, settings } from "./config.ts";
export { createService, type ServiceOptions } from "./create-service.ts";
export {
  type CrossOriginOptions,
  type CrossOriginRules,
  createCrossOriginRules,
  crossOriginRulesOf,
  type Origins,
} from "./cross-origin.ts";
export { type ErrorCode, errorCodes, isServiceError, messageOf, ServiceError } from "./errors.ts";
export { eventStream, type FollowOptions, followEvents, type ServerEvent } from "./events.ts";
export { createExclusion, type Exclusion, type Hold } from "./exclusion.ts";
export { Health, type HealthChecks } from "./health.ts";
export { newVideoId, VideoId } from "./ids.ts";
export { type Limiter, type RateLimits, rateLimitsOf } from "./limits.ts";
export { createLog, type Log } from "./log.ts";
export {
  createMetrics,
  createProcessMetrics,
  type Histogram,
  type HistogramCell,
  type JoinOthers,
  longBuckets,
  type Metrics,
  type RequestLabels,
  readDisk,
  type Sample,
} from "./metrics.ts";
export { AssetPath, FileName, LanguageTag, RenditionName } from "./names.ts";
export { integer, json, jsonBody } from "./openapi.ts";
export { bodyEndedEarly, type Pace, paced } from "./paced.ts";
export { type KeyPrincipal, nameOfPrincipal, type Principal } from "./principal.ts";
export { errorFromProblem, Problem, problemResponse, problems } from "./problem.ts";
export { createReconciler, type Reconciler, type ReconcilerOptions } from "./reconciler.ts";
export { type Repetition, repeat } from "./repeat.ts";
export {
  createRouter,
  invalidRequest,
  type ServerBindings,
  type ServiceApp,
  type ServiceContext,
  type ServiceEnv,
} from "./router.ts";
export { anybody, anyKey, notLimited, type Scope, scope, scopes, uploadScopeOrToken } from "./scopes.ts";
export { smallForm } from "./small-form.ts";
