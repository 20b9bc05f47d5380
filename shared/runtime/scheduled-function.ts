import type { Outcome } from "#kernel/outcome.ts";
import type { CallerVerifier } from "#ports/caller-verifier.ts";
import { guarded, type HttpFunction, refuse, traceIdOf } from "#runtime/http.ts";
import type { Logger } from "#runtime/logger.ts";
import { settle } from "#runtime/settle.ts";

export interface ScheduledFunctionOptions {
  readonly callers: CallerVerifier;
  readonly log: Logger;
  readonly handle: (run: { readonly traceId: string }) => Promise<Outcome>;
}

/** An endpoint for Cloud Scheduler: 204 when the run ended well, 503 so that the job is tried again. */
export function makeScheduledFunction(options: ScheduledFunctionOptions): HttpFunction {
  return guarded(options.log, async (request, response) => {
    if ((await options.callers.verify(request.get("authorization"))) === null) return refuse(response, 401);
    const traceId = traceIdOf(request);
    const settlement = await settle(() => options.handle({ traceId }), options.log, { traceId });
    response.status(settlement.kind === "acknowledge" ? 204 : 503).end();
  });
}
