import { z } from "zod";
import { GoogleError } from "../rest/errors.ts";
import { type Call, type Operation, ok } from "../rest/operation.ts";
import { type AdministrationState, found, type Job } from "./administration-state.ts";
import { method, methodWithBody } from "./permitted.ts";

const api = "cloudscheduler.googleapis.com";
const job = "/v1/projects/:project/locations/:location/jobs/:name";
const empty = z.strictObject({});
const jobSchema = z.strictObject({
  name: z.string().optional(),
  schedule: z.string().optional(),
  httpTarget: z
    .strictObject({
      uri: z.url(),
      httpMethod: z.string().optional(),
      oidcToken: z.strictObject({ serviceAccountEmail: z.string(), audience: z.string() }).optional(),
    })
    .optional(),
});

/** cloudscheduler.googleapis.com v1. */
export const scheduleOperations: readonly Operation<AdministrationState>[] = [
  method({ api, name: "jobs.get", verb: "GET", path: job, permission: "cloudscheduler.jobs.get" }, (call, state) =>
    ok(jobView(call, jobOf(call, state))),
  ),
  stateChange("pause", { from: "ENABLED", to: "PAUSED" }),
  stateChange("resume", { from: "PAUSED", to: "ENABLED" }),
  methodWithBody(
    { api, name: "jobs.run", verb: "POST", path: `${job}\\:run`, permission: "cloudscheduler.jobs.run" },
    empty,
    (_body, call, state) => {
      const run = jobOf(call, state);
      state.onRun(call.params["name"] ?? "");
      return ok(jobView(call, run));
    },
  ),
  methodWithBody(
    {
      api,
      name: "jobs.patch",
      verb: "PATCH",
      path: job,
      query: ["updateMask"],
      permission: "cloudscheduler.jobs.update",
    },
    jobSchema,
    (body, call, state) => {
      const name = call.params["name"] ?? "";
      const changed = { ...jobOf(call, state), ...changes(body, call) };
      state.jobs.set(name, changed);
      return ok(jobView(call, changed));
    },
  ),
];

const CHANGES: Readonly<Record<string, (body: z.output<typeof jobSchema>) => Partial<Job>>> = {
  schedule: ({ schedule }) => (schedule === undefined ? {} : { schedule }),
  "httpTarget.uri": ({ httpTarget }) => (httpTarget === undefined ? {} : { uri: httpTarget.uri }),
  "httpTarget.oidcToken": ({ httpTarget }) => httpTarget?.oidcToken ?? {},
};

function changes(body: z.output<typeof jobSchema>, { query }: Call): Partial<Job> {
  const paths = (query.get("updateMask") ?? "").split(",").filter((path) => path !== "");
  const unknown = paths.filter((path) => CHANGES[path] === undefined);
  if (paths.length === 0 || unknown.length > 0) {
    throw new GoogleError(400, "badRequest", `update_mask: ${unknown.join(", ") || "is missing"}`, "INVALID_ARGUMENT");
  }
  return Object.assign({}, ...paths.map((path) => CHANGES[path]?.(body))) as Partial<Job>;
}

function stateChange(verb: "pause" | "resume", { from, to }: { from: Job["state"]; to: Job["state"] }) {
  return methodWithBody(
    { api, name: `jobs.${verb}`, verb: "POST", path: `${job}\\:${verb}`, permission: `cloudscheduler.jobs.${verb}` },
    empty,
    (_body, call, state) => {
      const changed = jobOf(call, state);
      if (changed.state !== from) {
        const message = `A job that is ${changed.state} cannot be ${verb}d.`;
        throw new GoogleError(400, "failedPrecondition", message, "FAILED_PRECONDITION");
      }
      changed.state = to;
      return ok(jobView(call, changed));
    },
  );
}

function jobOf({ params, url }: Call, { jobs, installation }: AdministrationState): Job {
  const here = params["location"] === installation.region ? jobs.get(params["name"] ?? "") : undefined;
  return found(here, url.pathname);
}

function jobView({ params }: Call, shown: Job): unknown {
  const { schedule, timeZone, uri, serviceAccountEmail, audience, state, lastAttempt } = shown;
  return {
    name: `projects/${params["project"]}/locations/${params["location"]}/jobs/${params["name"]}`,
    ...{ schedule, timeZone, state },
    httpTarget: { uri, httpMethod: "POST", oidcToken: { serviceAccountEmail, audience } },
    // An attempt that went well has an empty status.
    status: lastAttempt === null || lastAttempt.code === 0 ? {} : { code: lastAttempt.code },
    ...(lastAttempt !== null && { lastAttemptTime: lastAttempt.at.toISOString() }),
  };
}
