import { z } from "zod";
import type { CallLog } from "./call-log.ts";
import type { FaultList } from "./faults.ts";
import { faultSchema } from "./faults.ts";
import type { Operation } from "./operation.ts";
import { ok, withBody } from "./operation.ts";

/** Control calls that every server answers, without auth, faults or a record of the call. */
export function controlOperations<State>(parts: {
  faults: FaultList;
  calls: CallLog;
  reset: () => void;
}): Operation<State>[] {
  const { faults, calls, reset } = parts;
  const control = { query: [], anonymous: true } as const;
  return [
    {
      ...control,
      name: "control.addFault",
      method: "POST",
      path: "/emulator/faults",
      ...withBody<State, typeof faultSchema>(faultSchema, (fault) => {
        faults.add(fault);
        return ok(fault);
      }),
    },
    {
      ...control,
      name: "control.clearFaults",
      method: "DELETE",
      path: "/emulator/faults",
      run: () => {
        faults.clear();
        return ok({});
      },
    },
    { ...control, name: "control.calls", method: "GET", path: "/emulator/calls", run: () => ok(calls) },
    {
      ...control,
      name: "control.reset",
      method: "POST",
      path: "/emulator/reset",
      ...withBody<State, z.ZodObject>(z.strictObject({}), () => {
        reset();
        return ok({});
      }),
    },
  ];
}
