import type { Outcome } from "#kernel/outcome.ts";
import { guarded, type HttpFunction, refuse, traceOfRequest } from "#runtime/http.ts";
import type { Logger } from "#runtime/logger.ts";
import { settle } from "#runtime/settle.ts";
import type { Tracing } from "#runtime/tracing.ts";

export interface CheckedFunctionOptions {
  /** Decides by the request's headers alone, given by lower-case name; a body is never read. */
  readonly mayCall: (header: (name: string) => string | undefined) => Promise<boolean>;
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly handle: () => Promise<Outcome>;
}

/** An endpoint that does one thing for those who may ask: 204 when it ended well, 503 when not, 401 for strangers. */
export function makeCheckedFunction({ mayCall, log, tracing, handle }: CheckedFunctionOptions): HttpFunction {
  return guarded(log, async (request, response) => {
    if (!(await mayCall((name) => request.get(name)))) return refuse(response, 401);
    const settlement = await tracing.run({ traceId: traceOfRequest(request) }, () => settle(handle, log, {}));
    response.status(settlement.kind === "acknowledge" ? 204 : 503).end();
  });
}
