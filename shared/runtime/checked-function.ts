import type { Outcome } from "#kernel/outcome.ts";
import { guarded, type HttpFunction, refuse, traceOfRequest } from "#runtime/http.ts";
import type { Logger } from "#runtime/logger.ts";
import { settle } from "#runtime/settle.ts";
import type { Tracing } from "#runtime/tracing.ts";

export interface CheckedFunctionOptions<Caller> {
  /** Who calls, by the request's headers alone, given by lower-case name; null for a stranger. A body is never read. */
  readonly callerOf: (header: (name: string) => string | undefined) => Promise<Caller | null>;
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly handle: (caller: Caller) => Promise<Outcome>;
}

/** An endpoint that does one thing for those who may ask: 204 when it ended well, 503 when not, 401 for strangers. */
export function makeCheckedFunction<Caller>(options: CheckedFunctionOptions<Caller>): HttpFunction {
  const { callerOf, log, tracing, handle } = options;
  return guarded(log, async (request, response) => {
    const caller = await callerOf((name) => request.get(name));
    if (caller === null) return refuse(response, 401);
    const settlement = await tracing.run({ traceId: traceOfRequest(request) }, () =>
      settle(() => handle(caller), log, {}),
    );
    response.status(settlement.kind === "acknowledge" ? 204 : 503).end();
  });
}
