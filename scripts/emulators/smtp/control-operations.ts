import { GoogleError } from "../rest/errors.ts";
import type { Operation } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import type { MailFaultList } from "./mail-faults.ts";
import { mailFaultSchema } from "./mail-faults.ts";
import type { Mailbox, MailFilter } from "./mailbox.ts";

export interface SmtpControlState {
  readonly mailbox: Mailbox;
  readonly faults: MailFaultList;
}

const control = { anonymous: true, query: [] } as const;

/** The sink from another process; listed in the README. */
export const controlOperations: readonly Operation<SmtpControlState>[] = [
  {
    ...control,
    name: "control.messages",
    method: "GET",
    path: "/emulator/messages",
    query: ["to", "after"],
    run: ({ query }, { mailbox }) => ok({ messages: mailbox.list(filterOf(query)) }),
  },
  {
    ...control,
    name: "control.nextMessage",
    method: "GET",
    path: "/emulator/messages/next",
    query: ["to", "after", "timeoutMs"],
    async run({ query }, { mailbox }) {
      const timeoutMs = Number(query.get("timeoutMs") ?? 30_000);
      const mail = await mailbox.next(filterOf(query), AbortSignal.timeout(timeoutMs)).catch(() => null);
      if (mail === null) throw new GoogleError(504, "timeout", `No such mail within ${timeoutMs} ms.`);
      return ok(mail);
    },
  },
  {
    ...control,
    name: "control.addMailFault",
    method: "POST",
    path: "/emulator/mail-faults",
    ...withBody<SmtpControlState, typeof mailFaultSchema>(mailFaultSchema, (fault, _call, { faults }) => {
      faults.add(fault);
      return ok(fault);
    }),
  },
];

function filterOf(query: URLSearchParams): MailFilter {
  const to = query.get("to");
  return { ...(to === null ? {} : { to }), after: Number(query.get("after") ?? 0) };
}
