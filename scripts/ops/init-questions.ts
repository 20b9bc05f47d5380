import { type Environment, environmentSchema } from "../../infra/environment.ts";
import { residencies } from "../../infra/residency.ts";

/** An environment while its fields are being answered. */
export type Draft = Readonly<Record<string, unknown>>;

export interface Question {
  /** Of `--<flag>`. */
  readonly flag: string;
  /** The field, by its path within the environment. */
  readonly path: readonly string[];
  readonly message: string;
  /** Where a person finds the answer. */
  readonly hint?: (draft: Draft) => string;
  /** Answers to choose from, instead of a text. */
  readonly choices?: readonly string[];
  /** Proposed where the environment does not say. */
  readonly proposal?: (draft: Draft) => string | undefined;
  /** An empty answer leaves the field out. */
  readonly optional?: true;
  readonly number?: true;
  /** Several, with commas between them. */
  readonly list?: true;
}

const appUrlOf = (draft: Draft): string => String(draft["appUrl"] ?? "").replace(/\/$/, "");

/** What `init` asks, in this order. */
export const questions: readonly Question[] = [
  { flag: "project-id", path: ["projectId"], message: "Google Cloud project id" },
  {
    ...{ flag: "residency", path: ["residency"], choices: residencies },
    message: "Where data stays (cannot be changed later without moving data)",
    proposal: () => "us",
  },
  { flag: "supabase-url", path: ["supabaseUrl"], message: "Supabase project URL (https://<ref>.supabase.co)" },
  {
    ...{ flag: "oauth-client-id", path: ["oauthClientId"], message: "OAuth client id (….apps.googleusercontent.com)" },
    hint: ({ projectId }) =>
      `make one of type Web application: https://console.cloud.google.com/auth/clients?project=${projectId}`,
  },
  { flag: "app-url", path: ["appUrl"], message: "Address of your booking platform" },
  {
    ...{ flag: "reconnect-url", path: ["reconnectUrl"], proposal: (draft) => `${appUrlOf(draft)}/settings/google` },
    message: "Its page where a consultant connects Google again",
  },
  { flag: "mail-host", path: ["mail", "host"], message: "Mail server (SMTP host)" },
  { flag: "mail-port", path: ["mail", "port"], message: "Its port", number: true, proposal: () => "587" },
  { flag: "mail-user", path: ["mail", "user"], message: "Its user (empty: no login)", optional: true },
  { flag: "mail-from", path: ["mail", "from"], message: "Sender of mails: Name <address>" },
  { flag: "alert-emails", path: ["alertEmails"], message: "Who gets the alerts (e-mails, commas between)", list: true },
  {
    ...{ flag: "drive-recordings", path: ["driveRecordings"], choices: ["on", "off"], proposal: () => "on" },
    message: "Read recordings from Drive (a restricted scope: external users need Google's verification)",
  },
];

/** The field's value as a text, or undefined where the draft has none. */
export function valueAt(draft: Draft, path: readonly string[]): string | undefined {
  const value = path.reduce<unknown>((current, key) => (current as Draft | undefined)?.[key], draft);
  return value === undefined ? undefined : String(value);
}

/** The draft with the answer in its place; an empty answer to an optional question takes the field away. */
export function withAnswer(draft: Draft, question: Question, text: string): Draft {
  return placed(draft, question.path, question.optional && text === "" ? undefined : parsed(question, text));
}

function parsed({ number, list }: Question, text: string): string | number | readonly string[] {
  if (list) return text.split(",").map((one) => one.trim());
  return number && /^\d+$/.test(text) ? Number(text) : text;
}

function placed(draft: Draft, [key = "", ...rest]: readonly string[], value: unknown): Draft {
  if (rest.length > 0) return { ...draft, [key]: placed((draft[key] ?? {}) as Draft, rest, value) };
  const { [key]: _previous, ...others } = draft;
  return value === undefined ? others : { ...draft, [key]: value };
}

/** What is wrong with one field, or null; the fields that are not answered yet do not matter. */
export function fieldProblem(draft: Draft, path: readonly string[]): string | null {
  const issue = environmentSchema
    .safeParse(draft)
    .error?.issues.find(({ path: at }) => path.every((key, index) => at[index] === key));
  return issue === undefined ? null : `${path.join(".")} ${issue.message}`;
}

/** What a new environment has before anything is asked. */
export const newDraft = (name: string): Draft => ({ name, minInstances: {} });

/** The draft once every question is answered; throws what is missing. */
export const finished = (draft: Draft): Environment => environmentSchema.parse(draft);
