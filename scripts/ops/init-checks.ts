import { z } from "zod";

/** What the outside says of an answer. */
export interface AnswerCheck {
  readonly result: "right" | "wrong" | "unchecked";
  readonly detail: string;
}

const TIMEOUT_MS = 10_000;
const jwks = z.object({ keys: z.array(z.unknown()) });
const project = z.object({ name: z.string() });
const granted = z.object({ permissions: z.array(z.string()).default([]) });

/** A Supabase project publishes the keys of its sessions without asking who looks. */
export async function checkSupabase(url: string): Promise<AnswerCheck> {
  const address = `${url}/auth/v1/.well-known/jwks.json`;
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = jwks.safeParse(await answer.json().catch(() => null));
    if (answer.ok && body.success) return { result: "right", detail: "a Supabase project answers there" };
    return { result: "wrong", detail: `no Supabase project answers at ${url} (${answer.status} for ${address})` };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    const code = cause?.code ?? message;
    if (code === "ENOTFOUND")
      return { result: "wrong", detail: `${new URL(url).host} is not found (has this machine a network?)` };
    return { result: "unchecked", detail: `${url} is not reachable from here (${code})` };
  }
}

/** One of each kind that the stacks need; whoever has them all is an owner or close to it. */
const NEEDED = [
  "cloudfunctions.functions.create",
  "iam.roles.create",
  "iam.serviceAccounts.create",
  "pubsub.topics.create",
  "resourcemanager.projects.setIamPolicy",
  "secretmanager.versions.add",
  "serviceusage.services.enable",
  "storage.buckets.create",
];

export interface ProjectCheck extends AnswerCheck {
  /** Known where the project could be asked; part of every function's address. */
  readonly projectNumber: string | null;
}

/** Asks Resource Manager, with the credentials of this machine. `endpoint` points it elsewhere. */
export async function checkProject(
  projectId: string,
  endpoint = "https://cloudresourcemanager.googleapis.com",
): Promise<ProjectCheck> {
  const { GoogleAuth } = await import("google-auth-library");
  const auth = new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
  const ask = async (path: string, data?: object): Promise<unknown> => {
    const method = data === undefined ? ("GET" as const) : ("POST" as const);
    const url = `${endpoint}/v3/projects/${projectId}${path}`;
    return (await auth.request({ url, method, timeout: TIMEOUT_MS, ...(data !== undefined && { data }) })).data;
  };
  try {
    const { name } = project.parse(await ask(""));
    const projectNumber = name.replace("projects/", "");
    const { permissions } = granted.parse(await ask(":testIamPermissions", { permissions: NEEDED }));
    const missing = NEEDED.filter((permission) => !permissions.includes(permission));
    if (missing.length === 0) return { result: "right", detail: "it is there and yours to administer", projectNumber };
    return { result: "wrong", detail: `your account lacks ${missing.join(", ")}; an owner has them`, projectNumber };
  } catch (error) {
    return { ...projectProblem(error, projectId), projectNumber: null };
  }
}

function projectProblem(error: unknown, projectId: string): AnswerCheck {
  const { message, status } = error as Error & { status?: number };
  const line = message.split("\n")[0] ?? "";
  if (/default credentials/.test(message)) {
    return { result: "unchecked", detail: "no Google credentials (gcloud auth application-default login)" };
  }
  if (/SERVICE_DISABLED|has not been used|is disabled/.test(message)) {
    return { result: "unchecked", detail: "the Cloud Resource Manager API is not enabled yet; the bootstrap does it" };
  }
  if (status === 403 || status === 404) {
    return { result: "wrong", detail: `there is no project ${projectId}, or your account may not see it` };
  }
  return { result: "unchecked", detail: `Google could not be asked (${line.slice(0, 160)})` };
}
