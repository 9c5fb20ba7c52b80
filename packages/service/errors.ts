/**
 * What can go wrong, said once. A `ServiceError` knows nothing of HTTP: the table below gives each code its class, and
 * `problem.ts` turns that into an answer. The same error is rebuilt by the client at the other end of a call, so a
 * code survives any number of hops.
 */

/** Every stable code, with the HTTP status it answers with and the short title of its kind. */
export const errorCodes = {
  invalid_request: { status: 422, title: "The request is not of the expected form" },
  digest_mismatch: { status: 422, title: "The bytes are not those that were announced" },
  malformed_request: { status: 400, title: "The request cannot be read" },
  invalid_path: { status: 400, title: "Not an id, quality, segment or file name" },
  unsupported_file_type: { status: 400, title: "This kind of file is not taken" },
  missing_chunks: { status: 400, title: "The upload is not whole yet" },
  forbidden: { status: 403, title: "This is not open to everybody" },
  not_found: { status: 404, title: "There is no such thing" },
  method_not_allowed: { status: 405, title: "This address does not answer that method" },
  too_slow: { status: 408, title: "The sender all but stopped" },
  conflict: { status: 409, title: "The state does not allow this" },
  precondition_failed: { status: 412, title: "It is not what the request said it should be" },
  range_not_satisfiable: { status: 416, title: "There are no such bytes" },
  too_large: { status: 413, title: "More than is accepted" },
  too_many: { status: 429, title: "More at once than is accepted" },
  internal: { status: 500, title: "A fault of ours" },
  not_implemented: { status: 501, title: "Not something this service does" },
  source_unreachable: { status: 502, title: "The address did not give the file" },
  unavailable: { status: 503, title: "What is needed does not answer at this moment" },
  storage_full: { status: 507, title: "No room left" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCodes;

/**
 * An error that is meant to be told: a stable code, a sentence for people, and optional facts beside it.
 *
 * @example throw new ServiceError("not_found", "Video not found", { details: { hash } });
 */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  /** Facts that travel in the answer as members of their own, such as `missing` or `accepted`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, sentence: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ServiceError";
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** True for an error with this code, whether thrown here or rebuilt from another service's answer. */
export function isServiceError(error: unknown, code?: ErrorCode): error is ServiceError {
  return error instanceof ServiceError && (code === undefined || error.code === code);
}

/** The sentence of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
