import { localProject, operatorIdentity } from "../../local/local-project.ts";
import type { LocalStack } from "../../local/start-stack.ts";

/** A parsed command line. */
interface Line {
  /** What stands between the verb and the flags. */
  readonly arguments: readonly string[];
  readonly flags: Map<string, string>;
  readonly input: string;
}

interface Api {
  /** Sends JSON as the project's owner and gives the answer's; throws for an error status. */
  call(method: string, url: string, body?: object): Promise<Record<string, unknown>>;
  readonly stack: LocalStack;
}

type Command = (line: Line, api: Api) => Promise<unknown>;

const { projectId, region } = localProject;
const project = `projects/${projectId}`;

/** Runs the `gcloud` and `npm run deploy` commands that doctor prints, against a local stack. Anything else is refused. */
export function makeShell(stack: LocalStack) {
  const api: Api = { stack, call: (method, url, body) => call(stack, { method, url, body }) };
  return async (commandLine: string, input = ""): Promise<void> => {
    for (const words of split(commandLine)) await run(words, { api, input });
  };
}

async function run(words: readonly string[], { api, input }: { api: Api; input: string }): Promise<void> {
  const text = words.join(" ");
  const [name, command] =
    Object.entries(COMMANDS).find(([known]) => text === known || text.startsWith(`${known} `)) ?? [];
  if (name === undefined || command === undefined) throw new Error(`not a command of this shell: ${text}`);
  const rest = words.slice(name.split(" ").length).filter((word) => word !== "--");
  const flags = new Map(
    rest
      .filter((word) => word.startsWith("--"))
      .map((word) => /^--([a-z-]+)=?(.*)$/s.exec(word)?.slice(1) as [string, string]),
  );
  if (flags.has("project") && flags.get("project") !== projectId) throw new Error(`another project: ${text}`);
  flags.delete("project");
  await command({ arguments: rest.filter((word) => !word.startsWith("--")), flags, input }, api);
  if (flags.size > 0) throw new Error(`unknown to this command: ${[...flags.keys()].join(", ")} in ${text}`);
}

/** Words of a shell, `&&` between commands, single quotes around what means something to it. */
function split(commandLine: string): string[][] {
  return commandLine
    .split(" && ")
    .map((line) => [...line.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", "")));
}

function take({ flags }: Line, name: string): string {
  const value = flags.get(name);
  if (value === undefined) throw new Error(`--${name} is missing`);
  flags.delete(name);
  return value;
}

const here = (line: Line, flag: string): string => {
  if (take(line, flag) !== region) throw new Error(`another region`);
  return `${project}/locations/${region}`;
};

interface PolicyAddress {
  readonly read: readonly [method: string, url: string];
  readonly write: readonly [method: string, url: string];
}

const colons = (base: string, readWith: "GET" | "POST"): PolicyAddress => ({
  read: [readWith, `${base}:getIamPolicy`],
  write: ["POST", `${base}:setIamPolicy`],
});

/** Where each kind of resource keeps its policy. */
const POLICIES: Readonly<Record<string, (line: Line, stack: LocalStack) => PolicyAddress>> = {
  projects: (_line, { addresses }) => colons(`${addresses.administration}/v3/${project}`, "POST"),
  "iam service-accounts": ({ arguments: [email] }, { addresses }) =>
    colons(`${addresses.administration}/v1/${project}/serviceAccounts/${email}`, "POST"),
  "run services": (line, { addresses }) =>
    colons(`${addresses.administration}/v2/${here(line, "region")}/services/${line.arguments[0]}`, "GET"),
  "pubsub topics": ({ arguments: [name] }, { addresses }) =>
    colons(`${addresses.pubsubRest}/v1/${project}/topics/${name}`, "GET"),
  "pubsub subscriptions": ({ arguments: [name] }, { addresses }) =>
    colons(`${addresses.pubsubRest}/v1/${project}/subscriptions/${name}`, "GET"),
  secrets: ({ arguments: [name] }, { addresses }) =>
    colons(`${addresses.secretmanager}/v1/${project}/secrets/${name}`, "GET"),
  "storage buckets": ({ arguments: [name] }, { addresses }) => {
    const url = `${addresses.storage}/storage/v1/b/${name?.replace("gs://", "")}/iam`;
    return { read: ["GET", url], write: ["PUT", url] };
  },
};

interface Policy {
  readonly bindings?: readonly { readonly role: string; readonly members: readonly string[] }[];
  readonly etag?: string;
}

function changePolicy(group: string, verb: "add" | "remove"): Command {
  return async (line, { stack, call: send }) => {
    const address = POLICIES[group]?.(line, stack);
    if (address === undefined) throw new Error(`no policies of ${group}`);
    const [role, member] = [take(line, "role"), take(line, "member")];
    const { bindings = [], ...policy } = (await send(...address.read)) as Policy;
    const others = bindings.flatMap((binding) => {
      const members = binding.members.filter((one) => binding.role !== role || one !== member);
      return members.length > 0 ? [{ ...binding, members }] : [];
    });
    const next = { ...policy, bindings: verb === "add" ? [...others, { role, members: [member] }] : others };
    await send(...address.write, address.write[0] === "PUT" ? next : { policy: next });
  };
}

const policyCommands = Object.keys(POLICIES).flatMap((group) =>
  (["add", "remove"] as const).map(
    (verb) => [`gcloud ${group} ${verb}-iam-policy-binding`, changePolicy(group, verb)] as const,
  ),
);

const subscriptionUrl = ({ arguments: [name] }: Line, { stack }: Api): string =>
  `${stack.addresses.pubsubRest}/v1/${project}/subscriptions/${name}`;
const secretUrl = (name: string, { stack }: Api): string =>
  `${stack.addresses.secretmanager}/v1/${project}/secrets/${name}`;
const administration = ({ stack }: Api, path: string): string => `${stack.addresses.administration}${path}`;
const jobUrl = (line: Line, api: Api): string =>
  administration(api, `/v1/${here(line, "location")}/jobs/${line.arguments[0]}`);

const switchService =
  (verb: "enable" | "disable"): Command =>
  (line, api) =>
    api.call("POST", administration(api, `/v1/${project}/services/${line.arguments[0]}:${verb}`), {});

const switchAccount =
  (verb: "enable" | "disable"): Command =>
  (line, api) =>
    api.call("POST", administration(api, `/v1/${project}/serviceAccounts/${line.arguments[0]}:${verb}`), {});

const switchJob =
  (verb: "pause" | "resume" | "run"): Command =>
  (line, api) =>
    api.call("POST", `${jobUrl(line, api)}:${verb}`, {});

const switchVersion =
  (verb: "enable" | "disable"): Command =>
  (line, api) =>
    api.call("POST", `${secretUrl(take(line, "secret"), api)}/versions/${line.arguments[0]}:${verb}`, {});

/** The longest of two commands that begin alike stands first. */
const COMMANDS: Readonly<Record<string, Command>> = {
  ...Object.fromEntries(policyCommands),
  "gcloud services enable": switchService("enable"),
  "gcloud services disable": switchService("disable"),
  "gcloud iam service-accounts enable": switchAccount("enable"),
  "gcloud iam service-accounts disable": switchAccount("disable"),
  "gcloud iam roles delete": (line, api) =>
    api.call("DELETE", administration(api, `/v1/${project}/roles/${line.arguments[0]}`)),
  "gcloud iam roles undelete": (line, api) =>
    api.call("POST", administration(api, `/v1/${project}/roles/${line.arguments[0]}:undelete`), {}),
  "gcloud iam roles update": (line, api) =>
    api.call("PATCH", administration(api, `/v1/${project}/roles/${line.arguments[0]}?updateMask=includedPermissions`), {
      includedPermissions: take(line, "permissions")
        .split(",")
        .filter((permission) => permission !== ""),
    }),
  // The check is a field of the service, which only a deployment writes here.
  "gcloud run services update": async (line, api) => {
    here(line, "region");
    if (take(line, "invoker-iam-check") !== "") throw new Error("--invoker-iam-check has no value");
    const url = administration(api, `/emulator/functions/${line.arguments[0]}`);
    await api.call("PATCH", url, { invokerIamDisabled: false });
  },
  "gcloud pubsub subscriptions create": (line, api) => {
    if (take(line, "expiration-period") !== "never") throw new Error("--expiration-period=never is what is asked for");
    return api.call("PUT", subscriptionUrl(line, api), {
      topic: `${project}/topics/${take(line, "topic")}`,
      ackDeadlineSeconds: Number(take(line, "ack-deadline")),
      expirationPolicy: {},
    });
  },
  "gcloud pubsub subscriptions delete": (line, api) => api.call("DELETE", subscriptionUrl(line, api)),
  "gcloud pubsub subscriptions update": updateSubscription,
  "gcloud scheduler jobs pause": switchJob("pause"),
  "gcloud scheduler jobs resume": switchJob("resume"),
  "gcloud scheduler jobs run": switchJob("run"),
  "gcloud scheduler jobs update http": (line, api) =>
    api.call("PATCH", `${jobUrl(line, api)}?updateMask=schedule,httpTarget.uri,httpTarget.oidcToken`, {
      schedule: take(line, "schedule"),
      httpTarget: {
        uri: take(line, "uri"),
        oidcToken: {
          serviceAccountEmail: take(line, "oidc-service-account-email"),
          audience: take(line, "oidc-token-audience"),
        },
      },
    }),
  "gcloud secrets versions add": (line, api) => {
    if (take(line, "data-file") !== "-") throw new Error("a secret is read from standard input");
    const data = Buffer.from(line.input).toString("base64");
    return api.call("POST", `${secretUrl(line.arguments[0] ?? "", api)}:addVersion`, { payload: { data } });
  },
  "gcloud secrets versions enable": switchVersion("enable"),
  "gcloud secrets versions disable": switchVersion("disable"),
  "gcloud storage buckets update": async (line, api) => {
    for (const flag of ["public-access-prevention", "uniform-bucket-level-access"]) take(line, flag);
    const url = `${api.stack.addresses.storage}/storage/v1/b/${line.arguments[0]?.replace("gs://", "")}`;
    await api.call("PATCH", url, { iamConfiguration: { publicAccessPrevention: "enforced" } });
  },
  "gcloud storage buckets notifications create": (line, api) => {
    if (take(line, "payload-format") !== "json") throw new Error("the payload is JSON");
    const bucket = line.arguments[0]?.replace("gs://", "");
    return api.call("POST", `${api.stack.addresses.storage}/storage/v1/b/${bucket}/notificationConfigs`, {
      topic: `//pubsub.googleapis.com/${take(line, "topic")}`,
      event_types: take(line, "event-types").split(","),
      payload_format: "JSON_API_V1",
    });
  },
  "npm run deploy": (_line, api) => api.call("POST", administration(api, "/emulator/deploy"), {}),
};

async function updateSubscription(line: Line, api: Api): Promise<void> {
  const { flags } = line;
  const subscription: Record<string, unknown> = {};
  const set = (flag: string, change: () => Record<string, unknown>): void => {
    if (flags.has(flag)) Object.assign(subscription, change());
  };
  set("push-endpoint", () => ({
    pushConfig: {
      pushEndpoint: take(line, "push-endpoint"),
      oidcToken: {
        serviceAccountEmail: take(line, "push-auth-service-account"),
        audience: take(line, "push-auth-token-audience"),
      },
    },
  }));
  set("dead-letter-topic", () => ({
    deadLetterPolicy: {
      deadLetterTopic: take(line, "dead-letter-topic"),
      maxDeliveryAttempts: Number(take(line, "max-delivery-attempts")),
    },
  }));
  set("expiration-period", () => {
    const ttl = take(line, "expiration-period");
    return { expirationPolicy: ttl === "never" ? {} : { ttl } };
  });
  set("ack-deadline", () => ({ ackDeadlineSeconds: Number(take(line, "ack-deadline")) }));
  set("min-retry-delay", () => ({
    retryPolicy: { minimumBackoff: take(line, "min-retry-delay"), maximumBackoff: take(line, "max-retry-delay") },
  }));
  const updateMask = Object.keys(subscription).join(",");
  await api.call("PATCH", subscriptionUrl(line, api), { subscription, updateMask });
}

async function call(
  stack: LocalStack,
  { method, url, body }: { method: string; url: string; body?: object | undefined },
) {
  const { token } = stack.google.oauth.accessToken(operatorIdentity);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${text}`);
  return (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
}
