/**
 * The answer to a method that files do not have. "The origin server MUST generate an Allow header field in a 405 response"
 * (RFC 9110, 15.5.6).
 */
import { problemResponse, type ServiceContext, ServiceError } from "@video-backend/service";

const allowed = "GET, HEAD, OPTIONS";

export function refuseMethod(c: ServiceContext): Response {
  const error = new ServiceError("method_not_allowed", `Files are read, with ${allowed}; not ${c.req.method}`);
  const response = problemResponse(error, c.get("requestId"));
  response.headers.set("allow", allowed);
  return response;
}
