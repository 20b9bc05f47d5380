import type { Outcome } from "#kernel/outcome.ts";
import { guarded, type HttpFunction, refuse, traceIdOf } from "#runtime/http.ts";
import type { Logger } from "#runtime/logger.ts";
import { settle } from "#runtime/settle.ts";

export interface CheckedFunctionOptions {
  /** Decides by the request's headers alone, given by lower-case name; a body is never read. */
  readonly mayCall: (header: (name: string) => string | undefined) => Promise<boolean>;
  readonly log: Logger;
  readonly handle: (run: { readonly traceId: string }) => Promise<Outcome>;
}

/** An endpoint that does one thing for those who may ask: 204 when it ended well, 503 when not, 401 for strangers. */
export function makeCheckedFunction({ mayCall, log, handle }: CheckedFunctionOptions): HttpFunction {
  return guarded(log, async (request, response) => {
    if (!(await mayCall((name) => request.get(name)))) return refuse(response, 401);
    const traceId = traceIdOf(request);
    const settlement = await settle(() => handle({ traceId }), log, { traceId });
    response.status(settlement.kind === "acknowledge" ? 204 : 503).end();
  });
}
