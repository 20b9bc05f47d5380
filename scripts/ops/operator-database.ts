import { supabaseEnvironment } from "#contracts/environment.ts";
import { EnvironmentError, readEnvironment } from "#runtime/environment.ts";
import { makeSupabase, type Supabase } from "#supabase/client.ts";
import { CommandError } from "./command.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A client for the project that the environment names. */
export function openDatabase(environment: Environment): Supabase {
  try {
    const { SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey } = readEnvironment(supabaseEnvironment, environment);
    return makeSupabase({ url, secretKey });
  } catch (error) {
    if (error instanceof EnvironmentError) throw new CommandError(error.message, error);
    throw error;
  }
}

interface DatabaseAnswer<Data> {
  readonly data: Data;
  readonly error: { readonly code?: string; readonly message: string } | null;
  readonly status: number;
}

/** What to tell an operator for each code of PostgREST or Postgres. */
const MENDS: readonly (readonly [RegExp, string])[] = [
  [
    /^PGRST202$/,
    "The database lacks a function of this release. Apply the migrations: npx supabase --workdir db db push",
  ],
  [/^PGRST30[0-3]$|^42501$/, "The database refuses this key. Set SUPABASE_SECRET_KEY to the project's secret key."],
  [/^57014$/, "The database took too long. Try again when it is less busy."],
];

/** The data of an answer, or a sentence that says what to do. Never the key, never a value of a row. */
export function answered<Data>({ data, error, status }: DatabaseAnswer<Data>): Data {
  if (error === null) return data;
  const code = error.code ?? "";
  const mend = MENDS.find(([pattern]) => pattern.test(code))?.[1];
  if (mend !== undefined) throw new CommandError(mend, error);
  if (status === 401 || status === 403) {
    throw new CommandError(`SUPABASE_SECRET_KEY is not accepted (${status}). Copy it anew from Settings > API.`, error);
  }
  if (code === "" && status === 0) {
    throw new CommandError(`The database is not reachable at SUPABASE_URL (${firstLine(error.message)}).`, error);
  }
  throw new CommandError(`The database answered ${status} ${code}: ${firstLine(error.message)}`, error);
}

const firstLine = (text: string): string => text.split("\n")[0]?.slice(0, 200) ?? "";
